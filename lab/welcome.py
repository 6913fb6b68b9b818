"""`welcome` command: prints the site's URL, a test account and commands to try next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab import waiting
from lab.identity import door, names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.instance import LabInstance

__all__ = ["PERSON", "lines"]

PERSON = "ada"
"""Account of the lab's OIDC issuer that may use the platform."""

OPENS_S = 60.0


def lines(instance: LabInstance) -> Iterator[str]:
    """Route the lab's front door to the site's hub, if it has one, and yield the lines to print.

    Raises:
        ForegroundError: The page does not answer.
    """
    door.follow(instance)
    site, port = instance.site, names.port(instance)
    shell = f". ./activate {site}"
    if door.leads_on(instance):
        # the front door's Traefik reads its routes every two seconds
        waiting.until(lambda: door.opens(instance), "the site's page answers", OPENS_S)
        password = names.folder(instance) / f"password-{PERSON}"
        yield f"https://{names.HUB}:{port}"
        yield f"  a person      {PERSON}, whose password is in {password}"
        yield f"  certificate   of this site's own authority, {names.authority(instance)}/ca.pem"
        yield f"  elsewhere     first ssh -L {port}:127.0.0.1:{port} root@<this computer>"
        yield ""
    yield "try next, in this folder:"
    yield f"  {shell} && kubectl get pods -A"
    if door.leads_on(instance):
        yield f"  {shell} && kubectl create -f docs/how-to/batch.yaml   (fills it with batch)"
        yield "  log in, take a GPU, and watch one Job give way: kubectl get workloads -A --watch"
    yield f"  {shell} && pulumi config set --path foreground:machines.t4.count 3 && pulumi up"
    yield f"  make down SITE={site}   (what is left is the protected volume)"
