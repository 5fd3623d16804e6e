"""Whether recordings are read rightly: their clocks and tracks, speech, and text on the screen."""
