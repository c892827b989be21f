"""Training and evaluation: rows from worlds or labelled files, bundles out."""
