"""What is said, and when: the recognisers."""
