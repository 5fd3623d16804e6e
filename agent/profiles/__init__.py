"""Profiles: one model a role, and which of them fits a machine."""
