"""Capability storage: the volumes of the homes in the cluster, and the homes service."""
