"""Lab: a complete OpenStack site on one machine, in network namespaces of its own."""
