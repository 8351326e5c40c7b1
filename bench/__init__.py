"""Measurements; none of them runs in the tests."""
