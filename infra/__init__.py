"""Infrastructure of a site: the typed site model, and one Pulumi component per capability."""
