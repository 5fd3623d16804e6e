"""Vectors that are made again: lost or damaged ones, and those of an embedding that is no longer used."""
