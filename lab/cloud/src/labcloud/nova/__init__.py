"""Nova compute driver: servers as systemd-nspawn machines whose root is a Glance image."""
