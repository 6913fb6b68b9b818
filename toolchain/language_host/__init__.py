"""Pulumi's language host for Python: the process in which the engine runs a program.

Not every package registry serves Pulumi's own host. This one implements the same protocol with the
SDK of this environment. If the official one is on PATH, it is used instead.
"""
