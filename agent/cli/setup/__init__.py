"""Commands about the installation: what is missing, which weights there are, how the graphs look."""
