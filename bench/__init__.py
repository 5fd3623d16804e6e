"""Benchmarks: every figure in the README is printed by a command that lives here."""
