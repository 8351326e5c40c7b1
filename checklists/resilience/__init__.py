"""Check that slow, wrong or absent dependencies are survived."""
