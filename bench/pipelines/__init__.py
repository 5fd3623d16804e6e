"""Ways to answer that are measured side by side."""
