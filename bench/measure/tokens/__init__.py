"""What fewer visual tokens and kept videos save and change, on models of random weights."""
