"""Sentences about frames and shots: written by a model, or composed from what the other tools found."""
