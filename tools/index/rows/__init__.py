"""What SQLite holds: the file itself, its full-text search, and the tables that have a module each."""
