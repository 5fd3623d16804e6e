"""Transcripts, chapters and other lists of stretches as files for players, editors, tables and people."""
