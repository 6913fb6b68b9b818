"""Who people of a site are: an OIDC issuer, and the door through which a browser comes in."""

from lab.identity.door import refuse_taken_port, send_on
from lab.identity.servers import down, up

__all__ = ["down", "refuse_taken_port", "send_on", "up"]
