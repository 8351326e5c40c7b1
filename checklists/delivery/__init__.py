"""Check that what is shipped is what was tested."""
