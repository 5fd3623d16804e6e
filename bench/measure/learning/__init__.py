"""What is learnt from labelled examples, each with how surely it is told; `--write` learns it anew."""
