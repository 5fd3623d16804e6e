"""Videos that people and programs send or name: accepted, downloaded, and read one after another."""
