"""What a video is about, stretch by stretch: where topics begin, what they are called, and how long each is told."""
