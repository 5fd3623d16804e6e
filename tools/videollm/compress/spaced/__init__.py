"""Compressors that keep or average patches at even distances."""
