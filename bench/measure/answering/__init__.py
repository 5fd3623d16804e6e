"""Whether questions are answered and videos described rightly."""
