"""Headroom: warm placeholders on accelerators, made anew only where nobody waits for the place."""
