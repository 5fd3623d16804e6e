"""Needles in real videos: the nine question types of VNBench (Zhao et al., 2024) and three of our own."""
