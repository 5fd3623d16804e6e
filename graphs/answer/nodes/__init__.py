"""The steps of the answer graph, one module a node."""
