"""Compressors that keep what stands out."""
