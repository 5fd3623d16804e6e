"""What is seen and heard: one folder a sense, one module a backend."""
