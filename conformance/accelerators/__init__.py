"""Requirements on accelerators."""
