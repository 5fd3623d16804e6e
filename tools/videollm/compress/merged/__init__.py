"""Compressors that merge what looks alike."""
