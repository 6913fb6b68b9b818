"""OpenStack's API by openstacksdk, for what Pulumi's OpenStack provider does not offer."""
