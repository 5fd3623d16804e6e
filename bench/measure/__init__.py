"""One module a measurement; each prints its figures."""
