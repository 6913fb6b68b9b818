"""The pytest suite itself: options, fixtures, run and report."""
