"""What is written on the picture: the readers."""
