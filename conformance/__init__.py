"""Conformance suite: pytest tests of a running site, one for each requirement on it."""
