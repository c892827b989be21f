"""Scans as jobs: what may be read, a queue that loses nothing, and the worker that runs it."""
