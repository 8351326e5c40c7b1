"""Check that many requests at once do not block or corrupt each other."""
