"""What a whole frame looks like: tags, and encoders that put frames and words into one space."""
