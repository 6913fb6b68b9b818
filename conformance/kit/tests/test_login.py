from __future__ import annotations

import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest

from conformance.kit.people.hub_browser import HubBrowser, summary
from conformance.kit.people.login import log_in
from conformance.kit.people.participants import Identity
from conformance.kit.verdicts import Broken

if TYPE_CHECKING:
    from collections.abc import Iterator

ADA = Identity("ada", None, inline="of ada")
LOGIN = '<a href="/hub/oauth_login">Sign in</a>'
FORM = """<form action="/issuer" method="post"><input name="username">
<input type="password" name="password"></form>"""


class Site(ThreadingHTTPServer):
    """A hub and its issuer: a link, a form for the password, and a page for who is logged in."""

    daemon_threads = True
    form = FORM

    @property
    def url(self) -> str:
        """URL of the site."""
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """Handles one connection."""

    server: Site

    def do_GET(self) -> None:
        """Return the form of the issuer, or a page of the hub."""
        logged_in = "hub=ada" in (self.headers["Cookie"] or "")
        if self.path == "/hub/oauth_login":
            self.respond(200, self.server.form)
        else:
            self.respond(200, "<p>Welcome</p>" if logged_in else LOGIN)

    def do_POST(self) -> None:
        """Check the password, and go back to the hub."""
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if sent == {"username": ["ada"], "password": ["of ada"]}:
            self.send_response(302)
            self.send_header("Location", "/hub/")
            self.send_header("Set-Cookie", "hub=ada; Path=/hub")
            self.send_header("Set-Cookie", "_xsrf=t0ken; Path=/hub/")
            self.end_headers()
        else:
            self.respond(403, f"<h1>403</h1>{self.server.form}")

    def respond(self, status: int, body: str) -> None:
        """Send a page."""
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def browser(site: Site) -> Iterator[HubBrowser]:
    browser = HubBrowser(site.url, ssl.create_default_context())
    yield browser
    browser.client.close()


def test_a_login_ends_at_the_hub_with_its_cookies(browser: HubBrowser) -> None:
    last = log_in(browser, ADA)
    assert summary(last) == "200 at /hub/: Welcome"
    assert browser.api_headers()["X-XSRFToken"] == "t0ken"
    assert browser.cookies_for("/hub/spawn") == "hub=ada; _xsrf=t0ken"
    assert browser.cookies_for("/user/ada") == ""


def test_a_refused_login_ends_at_the_refusal(browser: HubBrowser) -> None:
    last = log_in(browser, Identity("ada", None, inline="wrong"))
    assert last.status_code == 403


def test_a_login_that_goes_round_in_circles_is_an_error(site: Site, browser: HubBrowser) -> None:
    site.form = LOGIN
    with pytest.raises(AssertionError, match="ada's login has no end after 8 pages"):
        log_in(browser, ADA)


def test_a_login_page_without_a_field_for_a_name_is_broken(
    site: Site, browser: HubBrowser
) -> None:
    site.form = FORM.replace('<input name="username">', "")
    with pytest.raises(Broken, match="has no field for a name"):
        log_in(browser, ADA)


def test_a_site_where_nothing_listens_is_broken() -> None:
    nothing = HubBrowser("http://127.0.0.1:9", ssl.create_default_context())
    with pytest.raises(Broken, match="does not answer"):
        log_in(nothing, ADA)
    nothing.client.close()
