"""Stretches of videos and whole videos: found, described, cut and written as files."""
