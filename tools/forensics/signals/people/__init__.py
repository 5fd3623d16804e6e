"""Signals of people: faces, lips and hands that are followed from frame to frame."""
