"""The LangGraph state machines: how a video is read, and how a question becomes an answer."""
