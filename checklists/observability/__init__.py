"""Check that failures can be understood without a debugger."""
