"""The batch tool: files in, a scan directory out."""
