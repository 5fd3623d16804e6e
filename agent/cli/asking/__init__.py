"""Commands around a question: asking it, what it will take, why it fails, what may be asked."""
