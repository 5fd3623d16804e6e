"""What a device does with questions and with reading."""
