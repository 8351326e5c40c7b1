"""Check that the code holds up against hostile input."""
