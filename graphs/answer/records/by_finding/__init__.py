"""Answers from one kind of finding: who speaks, who is seen, what things look like, and how many there are."""
