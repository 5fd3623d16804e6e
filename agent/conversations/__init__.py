"""What was asked before: where conversations are kept, and how a video is forgotten in them."""
