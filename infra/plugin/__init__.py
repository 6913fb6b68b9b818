"""Our own Pulumi plugin: the resources that no provider offers, thin on the SDK's server."""
