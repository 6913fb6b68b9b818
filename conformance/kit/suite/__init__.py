"""Pytest integration of the kit: plugin, options, fixtures, run record and report."""
