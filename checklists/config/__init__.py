"""Check that the code runs anywhere by changing its environment only."""
