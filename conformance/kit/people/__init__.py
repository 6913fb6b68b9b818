"""Simulated people: accounts, login, sessions and notebooks."""
