"""Who the user talks to: `VideoScout`, its settings and the command line."""
