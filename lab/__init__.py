"""A whole site on one machine: a cloud, a mirror, a way in, all in namespaces of its own."""
