"""Stages that listen, or read what was heard."""
