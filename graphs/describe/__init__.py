"""What a whole video holds: summary, chapters, captions, notes and story."""
