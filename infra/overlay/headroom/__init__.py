"""Headroom: accelerators kept warm, so that the first to come evict a pause, and nobody's work."""
