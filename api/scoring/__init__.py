"""Sections scored while the caller waits."""
