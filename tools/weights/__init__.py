"""Model weights: what there is, how it is fetched, and how it is converted."""
