"""The site under test: its Kubernetes API, its objects, and faults that a test causes there."""
