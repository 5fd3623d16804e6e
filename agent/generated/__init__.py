"""Whether a video was generated: the verdict, and its report."""
