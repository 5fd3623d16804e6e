"""How far a file really goes: what its packets carry, whether its end is missing, and what lies behind it."""
