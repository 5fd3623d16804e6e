"""What a video-LLM computes once and keeps: encoded frames, the keys and values of prompts, both also on disk."""
