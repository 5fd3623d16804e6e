"""A part of the picture that somebody points at: what it is, and where it goes."""
