"""Which pixels of a frame a thing covers: the role `masks`."""
