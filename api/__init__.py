"""The service: the same run behind HTTP."""
