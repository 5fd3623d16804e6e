"""What is heard beside speech: sound events."""
