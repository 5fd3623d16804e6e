"""What to keep of a meeting or a lecture: decisions, tasks with who and by when, questions and key points."""
