"""What is remembered of a video in keys and values: fewer bits, fewer tokens, or blocks that a question fetches."""
