"""Live video: watched while it runs, asked about meanwhile."""
