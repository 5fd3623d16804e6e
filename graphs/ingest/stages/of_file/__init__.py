"""Stages that read what the file itself carries."""
