"""Decisions of people: kept, appealed, exported as labels, measured in shadow mode."""
