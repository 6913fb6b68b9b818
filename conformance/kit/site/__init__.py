"""Access to the site under test: its API, pods, events and faults."""
