"""Whose voice is heard: embeddings of voices, and who speaks when."""
