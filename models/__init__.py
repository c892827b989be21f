"""Numbers in; attribution, campaigns and scores out."""
