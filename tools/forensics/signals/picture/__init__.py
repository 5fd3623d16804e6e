"""Signals of single pictures and their noise: spectrum, blocks, edges, light."""
