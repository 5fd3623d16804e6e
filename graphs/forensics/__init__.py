"""Whether a video was generated: measured, judged, checked, and left open where nothing supports an answer."""
