"""Scores of found stretches, and the public sets that they are measured on."""
