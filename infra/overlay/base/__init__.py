"""Base of the overlay: what the components of all capabilities build on."""
