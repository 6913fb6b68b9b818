"""Identity of a lab: an OIDC issuer, and the front door, a TLS proxy for browsers."""

from lab.identity.door import refuse_taken_port, send_on
from lab.identity.servers import down, up

__all__ = ["down", "refuse_taken_port", "send_on", "up"]
