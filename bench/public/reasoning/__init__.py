"""Public sets whose questions need several steps."""
