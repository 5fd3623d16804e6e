"""More than one machine: videos read by Ray tasks, and tools deployed on a cluster."""
