"""Load tests: how long people wait for sessions at a running site, with statistics."""
