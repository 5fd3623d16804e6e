"""Longer prompts than a model was trained on: positions, frequencies, groups of frames."""
