"""How a video is read, once; start reading at `graph.py`."""
