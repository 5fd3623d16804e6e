"""What this machine may be led to by an address that somebody names."""
