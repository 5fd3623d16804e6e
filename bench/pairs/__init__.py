"""Questions with answers, and pairs of answers of which one is better, made for whoever trains a model."""
