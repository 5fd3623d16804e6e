"""Question sets: one question type for all, whoever made them."""
