"""Commands for the videos that are kept: reading, searching, listing, forgetting, mending."""
