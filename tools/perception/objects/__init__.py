"""Things on the picture: detectors, their relations in words, and individuals followed over time."""
