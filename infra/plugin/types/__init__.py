"""Resource types of the Pulumi plugin, one module for each type."""
