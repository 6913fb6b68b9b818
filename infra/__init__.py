"""What a site is made of: the typed site model and one Pulumi component per capability."""
