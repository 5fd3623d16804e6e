"""Ask the questions of a set through several pipelines, keep every answer, and report."""
