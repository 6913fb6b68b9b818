"""Recovery: make a Pulumi stack usable again after a run was killed."""
