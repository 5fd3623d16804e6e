"""Made videos in which events come back: what `ground` is measured on."""
