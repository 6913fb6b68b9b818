"""Requirements on where people's files are."""
