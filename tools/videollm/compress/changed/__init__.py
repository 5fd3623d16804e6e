"""Compressors that keep what changes from frame to frame."""
