"""Every stretch of a video in which something holds, or none."""
