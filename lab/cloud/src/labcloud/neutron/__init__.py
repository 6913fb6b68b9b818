"""The site's network: machines' links, groups enforced on their packets, ways in from the host."""
