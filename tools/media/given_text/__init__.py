"""Text that a recording brings along: subtitles and transcripts, in the file or beside it, and chapters."""
