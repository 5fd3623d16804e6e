"""Commands that tell what is in a video: descriptions, moments, people, quality, whether it was generated."""
