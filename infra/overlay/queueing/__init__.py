"""Capability queueing: Kueue and its queues, and the admission policies for batch."""
