"""Hold the stages: one folder per stage, one module per check."""
