"""Hold the codemods: one module per fix."""
