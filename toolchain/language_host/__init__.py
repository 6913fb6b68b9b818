"""Pulumi's language host for Python: what the engine starts to run a program.

Pulumi's own host is not served by every package registry. This one speaks the same protocol, on
the SDK of this environment. Where the official one is on PATH, it is used instead.
"""
