"""Cinder driver: volumes as sparse files, attached as loop devices."""
