"""A live video: the stages that read files, on a few seconds at a time."""
