"""Capability accelerators: the device plugin of the site's accelerators."""
