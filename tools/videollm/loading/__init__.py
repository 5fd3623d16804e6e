"""How a video-LLM of a model hub is loaded."""
