"""Check that any instance may die and that there may be more than one."""
