"""The index of one home: SQLite, full-text search, ChromaDB, kept frames, and the videos that are known."""
