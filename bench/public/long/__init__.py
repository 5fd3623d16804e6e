"""Public sets of long videos, and of needles in videos."""
