"""The pytest side of the kit: plugin, options, fixtures, run record and report."""
