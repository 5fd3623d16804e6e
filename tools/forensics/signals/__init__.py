"""What can be measured in a run of frames, one module a kind of signal."""
