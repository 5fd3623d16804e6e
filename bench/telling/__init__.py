"""What descriptions and timely answers are worth: events that captions tell, and answers while they are due."""
