"""Who is in the videos: seen, heard, named and shown."""
