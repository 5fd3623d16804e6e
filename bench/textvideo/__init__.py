"""Text videos: a long text as pages on the screen, with questions about it (after T2Vid, Yin et al., 2024)."""
