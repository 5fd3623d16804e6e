"""The videos that benchmarks, tests and the demo use: fetched real ones, made lectures, and altered clips."""
