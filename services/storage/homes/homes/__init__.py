"""Homes service: creates the home directory of a person and records its owner."""
