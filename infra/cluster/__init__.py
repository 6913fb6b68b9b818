"""Cluster part of the Pulumi program: members, variables of their roles, rolling update."""
