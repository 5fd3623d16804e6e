"""Signals of how pictures follow each other: motion, and paths through an encoder's features."""
