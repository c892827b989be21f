"""Finished scans as callers read them: pages, files, look-ups."""
