"""Queueing: Kueue, its queues, and the admission rules for batch."""
