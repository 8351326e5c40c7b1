"""A stage of the sample."""
