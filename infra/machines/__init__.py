"""The OpenStack half of a site: network, access, machines, the homes' volume."""
