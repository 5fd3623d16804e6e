"""Faces and hands on a frame."""
