"""JupyterHub's configuration, read by the hub in its pod.

What differs between sites is in settings.json, written by hub.py beside this file; what nobody may
read is in files of their own.
"""

from __future__ import annotations

import json
import ssl
import urllib.request
from functools import cache
from pathlib import Path
from typing import Any

from tornado import web
from tornado.httpclient import AsyncHTTPClient

HERE = Path("/etc/jupyterhub")
settings: dict[str, Any] = json.loads((HERE / "settings.json").read_text())
issuer, session, database = settings["issuer"], settings["session"], settings["database"]
home = settings["home"]


def hidden(name: str) -> str:
    """Read a secret."""
    return (HERE / "secrets" / name).read_text().strip()


def discovered() -> dict[str, str]:
    """Ask the issuer where it does what; the pod starts again until it answers."""
    trust = ssl.create_default_context(cafile=issuer["ca"])
    request = f"{issuer['url']}/.well-known/openid-configuration"
    with urllib.request.urlopen(request, timeout=10, context=trust) as answer:  # noqa: S310  https
        found: dict[str, str] = json.load(answer)
    return found


class NoHomeError(web.HTTPError):  # type: ignore[misc]  # tornado has no types here
    """A person's home is not to be had; of other errors the hub's page says only that they are."""

    jupyterhub_message = "Your home cannot be reached. Try again; if that does not help, tell us."


@cache
def to_homes() -> AsyncHTTPClient:
    """Return a client of its own: starts that wait here keep nobody's route or login waiting."""
    return AsyncHTTPClient(force_instance=True, max_clients=100)


async def have_home(spawner: Any) -> None:  # noqa: ANN401  KubeSpawner
    """Have a person's folder made before their pod: else the kubelet makes one that is root's."""
    folder = spawner._expand_user_properties(home["folder"])  # noqa: SLF001  as for the mount
    name, to = spawner.user.name, f"{home['keeper']}/{folder}"
    try:  # the homes' server may be away: a person waits for it so long, and the hub goes on
        await to_homes().fetch(to, method="PUT", body=name, connect_timeout=5, request_timeout=10)
    except Exception as error:
        raise NoHomeError(503, "no home for %r: %s", name, error) from error


c: Any = get_config()  # type: ignore[name-defined]  # noqa: F821  given by JupyterHub

# --- the hub, its database, its proxy ----------------------------------------------------------
c.JupyterHub.hub_bind_url = "http://0.0.0.0:8081"
c.JupyterHub.hub_connect_url = settings["hub"]
c.JupyterHub.cookie_secret = bytes.fromhex(hidden("cookie"))
c.JupyterHub.db_url = (
    f"postgresql+psycopg://{database['name']}:{hidden('database')}@{database['host']}:5432/"
    f"{database['name']}"
)
c.JupyterHub.cleanup_servers = False  # a restart of the hub ends nobody's session
c.JupyterHub.allow_named_servers = False
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = settings["proxy"]
c.ConfigurableHTTPProxy.auth_token = hidden("proxy")

# --- who people are ----------------------------------------------------------------------------
endpoints = discovered()
c.JupyterHub.authenticator_class = "generic-oauth"
oauth = c.GenericOAuthenticator
oauth.login_service = issuer["label"]
oauth.authorize_url = endpoints["authorization_endpoint"]
oauth.token_url = endpoints["token_endpoint"]
oauth.userdata_url = endpoints["userinfo_endpoint"]
oauth.oauth_callback_url = f"{settings['url']}/hub/oauth_callback"
oauth.client_id = issuer["client"]
oauth.client_secret = hidden("client")
oauth.basic_auth = True  # as OpenID Connect has it where nothing else is said
oauth.scope = issuer["scopes"]
oauth.username_claim = issuer["usernameClaim"]
oauth.manage_groups = True
oauth.auth_state_groups_key = f"oauth_user.{issuer['groupsClaim']}"
oauth.allowed_groups = set(issuer["allowedGroups"])
oauth.admin_groups = set(issuer["adminGroups"])
if issuer["ca"]:
    oauth.http_request_kwargs = {"ca_certs": issuer["ca"]}

# --- sessions ----------------------------------------------------------------------------------
c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
c.Spawner.cmd = ["jupyterhub-singleuser"]
c.Spawner.default_url = "/lab"
c.Spawner.start_timeout = session["patience"]
c.Spawner.http_timeout = 60
pod = c.KubeSpawner
pod.namespace = session["namespace"]
pod.image = session["image"]
pod.image_pull_policy = "IfNotPresent"
pod.priority_class_name = "interactive"
pod.extra_labels = session["labels"]
pod.automount_service_account_token = False
pod.uid = pod.gid = pod.fs_gid = 1000
pod.allow_privilege_escalation = False
pod.container_security_context = {"capabilities": {"drop": ["ALL"]}}
pod.pod_security_context = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
pod.cpu_guarantee = session["cpus"]
pod.mem_guarantee = pod.mem_limit = session["memory"]
pod.delete_grace_period = 1
pod.pre_spawn_hook = have_home
pod.volumes = [{"name": "home", "persistentVolumeClaim": {"claimName": home["claim"]}}]
pod.volume_mounts = [
    {"name": "home", "mountPath": home["path"], "subPath": home["folder"]},
]
pod.profile_list = session["profiles"]
