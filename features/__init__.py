"""Canonical tables in, numbers and groups out; knows no model, no file format, no user."""
