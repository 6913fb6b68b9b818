"""The kit: how a site is looked at, waited for, filled with batch, and judged; a pytest plugin."""
