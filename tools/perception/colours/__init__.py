"""What colour something is, by the eleven basic colour terms."""
