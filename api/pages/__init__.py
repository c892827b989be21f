"""The review console: pages made by the server, with a little script for comfort."""
