"""The videos that have been read: reading, searching and correcting them, and how good they are."""
