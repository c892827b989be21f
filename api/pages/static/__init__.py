"""Style and script of the console: all that its pages load."""
