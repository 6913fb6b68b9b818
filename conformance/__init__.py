"""Conformance suite: requirements that a site must meet, each one a pytest test from outside."""
