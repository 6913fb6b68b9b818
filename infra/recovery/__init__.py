"""Recovery: make a stack usable again after a Pulumi run was killed."""
