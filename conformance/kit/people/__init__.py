"""People of a test: their accounts, browsers, notebook sessions and kernels."""
