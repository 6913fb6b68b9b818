"""Requirements on batch, and how it gives way."""
