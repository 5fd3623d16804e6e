"""Vectors: ChromaDB and its files, copies of its vectors in SQLite, and the matrices that a search multiplies with."""
