"""Pulumi components of a site's OpenStack resources: network, access, servers, data volume."""
