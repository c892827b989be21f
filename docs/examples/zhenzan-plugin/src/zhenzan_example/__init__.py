"""A template of a plug-in: one module a kind of plug-in, named in `pyproject.toml`."""
