"""Accelerators: the device plugin that advertises accelerators to Kubernetes."""
