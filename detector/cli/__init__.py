"""The commands: one file each, put together in `main.py`."""
