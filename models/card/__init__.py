"""The model card: what a bundle is for, what it is worth, for whom it fails, how to object."""
