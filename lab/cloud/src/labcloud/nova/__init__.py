"""Compute: every server is a systemd-nspawn machine whose root is its Glance image."""
