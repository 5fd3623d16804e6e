"""What a graph can use: media, perception, the index, the video-LLM, weights. Knows nothing of questions or users."""
