"""Question sets: one question type for all, and how a folder is read."""
