"""Media files: packets, pictures at a steady rate, sound on one clock, near-identical frames, and shots."""
