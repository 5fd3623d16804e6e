"""What a cluster's index costs."""
