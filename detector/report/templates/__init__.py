"""Templates, style and script of the report; read by `render.py`, nothing here runs in Python."""
