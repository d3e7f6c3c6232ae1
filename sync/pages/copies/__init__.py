"""Pages about requests for a copy of what is held: the list, one request, what the school decides, the file."""
