"""Headroom keeper: holds a number of placeholder pods ready on the accelerators of each model."""
