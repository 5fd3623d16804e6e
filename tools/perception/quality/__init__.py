"""How good picture and sound are, measured without a reference."""
