"""Whether people, things, sounds and defects are told rightly."""
