"""A video read elsewhere: a folder of its own with all that was found in it, which an index takes in at once."""
