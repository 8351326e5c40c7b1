"""Check that data stays correct and quick with many rows and many writers."""
