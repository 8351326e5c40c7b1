"""A small set of checks with wording of its own, so that no change of a real check disturbs a screen test."""
