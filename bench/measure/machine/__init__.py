"""Speed, size and what the machine does: reading, searching, serving, the page, a device."""
