"""Login as a browser does it: from the host's loopback through the front door to the issuer.

`hub.` is answered by whatever the front door leads to: the callback's address is read off there.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import http.server
import json
import re
import secrets
import socket
import ssl
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

import lab.instance
import lab.waiting
from lab import cgroups, forwarding, identity, network
from lab.daemon import Daemon
from lab.identity import door, names
from lab.identity.keys import secret_file
from lab.identity.people import have_people, password_file
from lab.identity.servers import ISSUER_DAEMON
from lab.instance import LabInstance
from lab.namespaces import NAMESPACES, entered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.lab

SITE = LabInstance("identity-test", 249)
ISSUER = names.issuer_url(SITE)
HUB = f"https://{names.HUB}:{names.port(SITE)}"
CALLBACK = f"{HUB}/hub/oauth_callback"
DAEMONS = (ISSUER_DAEMON, door.DAEMON)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Start issuer, front door and forwarder in a namespace; return the issuer's folder."""
    top = tmp_path_factory.mktemp("identity")
    with pytest.MonkeyPatch.context() as own:
        own.setattr(lab.instance, "STATE", top / "state")
        own.setattr(lab.instance, "RUN", top / "run")
        identity.refuse_taken_port(SITE)
        network.make(SITE)
        try:
            forwarding.up(SITE)
            identity.up(SITE)
            yield names.folder(SITE)
        finally:
            identity.down(SITE)
            Daemon(SITE, forwarding.DAEMON).stop()
            network.remove(SITE)
            cgroups.clear(SITE.cgroup)


class Page(NamedTuple):
    """A response."""

    url: str
    status: int
    text: str
    headers: http.client.HTTPMessage


class _Loopback(http.client.HTTPSConnection):
    """HTTPS connection that resolves every name to loopback, and verifies the certificate."""

    def __init__(self, host: str, *, trusted: ssl.SSLContext, timeout: float) -> None:
        super().__init__(host, timeout=timeout)
        self.trusted = trusted

    def connect(self) -> None:
        plain = socket.create_connection((door.HOST, self.port), 10)
        self.sock = self.trusted.wrap_socket(plain, server_hostname=self.host)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, trusted: ssl.SSLContext) -> None:
        super().__init__()
        self.trusted = trusted

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(partial(_Loopback, trusted=self.trusted), req)


@dataclass
class Browser:
    """A browser: it stores cookies, follows redirects, trusts the site's authority."""

    folder: Path
    jar: CookieJar = field(default_factory=CookieJar)

    def open(self, url: str, form: dict[str, str] | None = None, **headers: str) -> Page:
        """Get a page, or send a form."""
        trusted = ssl.create_default_context(cafile=str(self.folder.parent / "mirror" / "ca.pem"))
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            _Https(trusted),
            urllib.request.HTTPCookieProcessor(self.jar),
        )
        data = urlencode(form).encode() if form is not None else None
        request = urllib.request.Request(url, data, headers)  # noqa: S310  # all are https
        try:
            response = opener.open(request, timeout=10)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            return Page(response.url, response.status, response.read().decode(), response.headers)


@dataclass
class Hub:
    """An OIDC client: it exchanges an authorization code with PKCE for tokens."""

    browser: Browser
    scope: str = "openid profile email offline_access"
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    state: str = field(default_factory=lambda: secrets.token_urlsafe(8))

    def authorize(self, **others: str) -> Page:
        """Request the login page."""
        challenge = hashlib.sha256(self.verifier.encode()).digest()
        asked = {
            "client_id": "hub",
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": self.scope,
            "state": self.state,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return self.browser.open(f"{ISSUER}authorize?{urlencode(asked | others)}")

    def log_in(self, who: str) -> Page:
        """Log in with the right password; return the tokens."""
        page = self.authorize()
        password = password_file(self.browser.folder, who).read_text().strip()
        return self.browser.open(page.url, {"username": who, "password": password})

    def tokens(self, came_back: Page) -> dict[str, Any]:
        """Return the authorization code of a response."""
        assert came_back.url.startswith(f"{CALLBACK}?")
        said = parse_qs(urlsplit(came_back.url).query)
        assert said["state"] == [self.state]
        assert said["iss"] == [ISSUER]
        form = {"grant_type": "authorization_code", "code": said["code"][0]}
        return self.ask(form | {"redirect_uri": CALLBACK, "code_verifier": self.verifier})

    def ask(self, form: dict[str, str]) -> dict[str, Any]:
        """Request tokens."""
        secret = secret_file(self.browser.folder, "hub").read_text().strip()
        basic = base64.b64encode(f"hub:{secret}".encode()).decode()
        page = self.browser.open(f"{ISSUER}token", form, Authorization=f"Basic {basic}")
        answer: dict[str, Any] = json.loads(page.text)
        return answer | {"status": page.status}

    def who(self, access_token: str) -> dict[str, Any]:
        """Request the user's claims."""
        page = self.browser.open(f"{ISSUER}userinfo", Authorization=f"Bearer {access_token}")
        found: dict[str, Any] = json.loads(page.text)
        return found | {"status": page.status}

    def refreshed(self, tokens: dict[str, Any]) -> dict[str, Any]:
        """Exchange a refresh token."""
        form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        return self.ask(form)


def claims(id_token: str) -> dict[str, Any]:
    """Read an ID token, which came straight from the issuer."""
    body = id_token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


@pytest.fixture
def hub(folder: Path) -> Hub:
    return Hub(Browser(folder))


def test_the_right_password_gives_tokens_with_name_and_groups(hub: Hub) -> None:
    tokens = hub.tokens(hub.log_in("barbara"))
    assert tokens["status"] == 200
    said = claims(tokens["id_token"])
    person = have_people(hub.browser.folder).people["barbara"]
    expected = {
        "iss": ISSUER,
        "aud": "hub",
        "sub": person.sub,
        "preferred_username": "barbara",
        "name": "Barbara Liskov",
        "email": "barbara@foreground.example",
        "groups": ["admins", "members"],
    }
    assert {name: said[name] for name in expected} == expected
    asked = hub.who(tokens["access_token"])
    del expected["iss"], expected["aud"]
    assert {name: asked[name] for name in expected} == expected
    assert "wlcg.groups" not in asked


def test_groups_have_the_wlcg_form_if_the_client_requests_it(folder: Path) -> None:
    hub = Hub(Browser(folder), scope="openid wlcg.groups")
    tokens = hub.tokens(hub.log_in("ada"))
    assert hub.who(tokens["access_token"])["wlcg.groups"] == ["/members"]
    assert "refresh_token" not in tokens


def test_a_second_application_needs_no_second_password(hub: Hub) -> None:
    hub.log_in("ada")
    again = Hub(hub.browser)
    assert claims(again.tokens(again.authorize())["id_token"])["preferred_username"] == "ada"


def test_the_page_reports_a_wrong_password_and_shows_the_name_again(hub: Hub) -> None:
    page = hub.authorize()
    assert (page.status, "to continue to JupyterHub" in page.text) == (200, True)
    for name in ("edsger", "nobody"):
        wrong = hub.browser.open(page.url, {"username": name, "password": "a guess"})
        assert wrong.status == 400
        assert re.search(r'role="alert">User name or password is wrong\.<', wrong.text)
        assert f'value="{name}"' in wrong.text
        assert "a guess" not in wrong.text
    assert hub.log_in("edsger").url.startswith(CALLBACK)


def test_after_several_failures_a_name_has_to_wait(hub: Hub) -> None:
    page = hub.authorize()
    form = {"username": "<b>mallory</b>", "password": "a guess"}
    tried = [hub.browser.open(page.url, form) for _ in range(4)]
    assert [one.status for one in tried] == [400, 400, 400, 429]
    assert tried[-1].headers["Retry-After"] == "1"
    assert "Try again in 1 second." in tried[-1].text
    assert "<b>" not in tried[-1].text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"redirect_uri": "https://evil.test/"}, "invalid_redirect_uri"),
        ({"redirect_uri": f"{CALLBACK}/../evil"}, "invalid_redirect_uri"),
        ({"client_id": "mallory"}, "invalid_client"),
    ],
)
def test_an_unknown_redirect_or_client_is_refused(
    hub: Hub, wrong: dict[str, str], said: str
) -> None:
    page = hub.authorize(**wrong)
    assert page.status == 400
    assert page.url.startswith(ISSUER)
    assert said in page.text


def test_a_code_is_valid_once_and_only_with_its_verifier(hub: Hub) -> None:
    came_back = hub.log_in("ada")
    hub.verifier, right = secrets.token_urlsafe(48), hub.verifier
    assert hub.tokens(came_back)["error"] == "invalid_grant"
    hub.verifier = right
    first = Hub(hub.browser)
    came_back = first.authorize()
    assert first.tokens(came_back)["status"] == 200
    assert first.tokens(came_back)["error"] == "invalid_grant"


def test_a_request_without_pkce_gets_no_login_page(hub: Hub) -> None:
    page = hub.authorize(code_challenge="", code_challenge_method="")
    assert page.url.startswith(f"{CALLBACK}?error=invalid_request")


def test_a_login_page_without_its_cookie_has_expired(hub: Hub) -> None:
    page = hub.authorize()
    hub.browser.jar.clear()
    stale = hub.browser.open(page.url, {"username": "ada", "password": "a guess"})
    assert (stale.status, "This login has expired" in stale.text) == (400, True)


def test_sessions_and_tokens_survive_a_restart(hub: Hub) -> None:
    tokens = hub.tokens(hub.log_in("grace"))
    before = hub.browser.open(f"{ISSUER}jwk").text
    Daemon(SITE, ISSUER_DAEMON).stop()
    assert identity.up(SITE)
    assert hub.browser.open(f"{ISSUER}jwk").text == before
    refreshed = hub.refreshed(tokens)
    assert claims(refreshed["id_token"])["groups"] == ["members"]
    assert hub.who(tokens["access_token"])["preferred_username"] == "grace"
    again = Hub(hub.browser)
    assert again.tokens(again.authorize())["status"] == 200


def test_a_person_removed_from_the_file_has_no_access_at_once(hub: Hub) -> None:
    tokens = hub.tokens(hub.log_in("grace"))
    file = hub.browser.folder / "people.yaml"
    before = file.read_text()
    file.write_text(before.replace("  grace:", "  somebody-else:").replace("sub: ", "sub: x"))
    try:
        assert hub.who(tokens["access_token"])["error"] == "invalid_token"
        assert hub.refreshed(tokens)["error"] == "invalid_grant"
    finally:
        file.write_text(before)


def test_a_second_up_starts_nothing(folder: Path) -> None:
    assert folder.is_dir()
    before = [Daemon(SITE, name).process() for name in DAEMONS]
    assert not identity.up(SITE)
    assert [Daemon(SITE, name).process() for name in DAEMONS] == before
    assert None not in before


def test_no_log_contains_a_password_and_no_file_is_readable_by_others(hub: Hub) -> None:
    hub.log_in("ada")
    logs = "".join((Daemon(SITE, name).log).read_text() for name in DAEMONS)
    assert "login: ada enters" in logs
    found = have_people(hub.browser.folder).people
    guessed = ["a guess", *(person.password for person in found.values())]
    assert [word for word in guessed if word in logs] == []
    assert {path.stat().st_mode & 0o777 for path in hub.browser.folder.iterdir()} == {0o600}


class _Ingress(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"the ingress got {self.headers['Host']}".encode())

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def ingress(folder: Path) -> Iterator[tuple[str, int]]:
    """Serve in the namespace with TLS, as a site's ingress does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    with entered(NAMESPACES / SITE.netns):
        server = http.server.HTTPServer((str(SITE.inside), 0), _Ingress)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield str(SITE.inside), server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_other_names_are_routed_to_the_ingress_when_it_is_set(hub: Hub) -> None:
    page = hub.browser.open(HUB)
    assert (page.status, "This site is not up yet" in page.text) == (503, True)
    with ingress(hub.browser.folder) as at:
        identity.send_on(SITE, *at)
        lab.waiting.until(lambda: hub.browser.open(HUB).status == 200, "Traefik follows", 10)
        assert hub.browser.open(HUB).text == f"the ingress got {names.HUB}:{names.port(SITE)}"
        assert hub.browser.open(ISSUER + ".well-known/openid-configuration").status == 200
        (hub.browser.folder / "ingress.json").unlink()
        identity.up(SITE)
        lab.waiting.until(lambda: hub.browser.open(HUB).status == 503, "Traefik follows", 10)
