"""OpenStack's API through openstacksdk, for what no Pulumi provider offers."""
