"""Requirements on how a site is deployed and changed."""
