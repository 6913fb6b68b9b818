"""What tests of a lab are written with: a cloud's user, and a count of what a host has."""
