"""From a question to its answer: asking, what an answer says beside it, and what it will take."""
