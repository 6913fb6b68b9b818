"""Load tests: people in numbers at a running site, and what they wait for."""
