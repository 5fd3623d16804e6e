"""How a question becomes an answer; start reading at `graph.py`."""
