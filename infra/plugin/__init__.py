"""Our Pulumi plugin: a provider of the resource types that no other provider offers."""
