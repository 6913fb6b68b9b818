"""Neutron drivers: links of machines, security groups as nftables rules, floating IPs."""
