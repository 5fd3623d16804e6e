"""What a vision tower and a language model attend to, and what is left out by it."""
