"""Find, explain, fix and commit what makes a Python repository fail in production."""

__version__ = "0.1.0"
