"""The web page: watch a video being read, ask about it, and go to the moment that an answer comes from."""
