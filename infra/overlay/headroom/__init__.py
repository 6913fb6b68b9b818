"""Capability headroom: accelerators that are kept free for people by placeholder pods."""
