"""Requirements on who people are."""
