"""HubBrowser: a person's browser at one hub: pages, forms, cookies and the XSRF token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import httpx

from conformance.kit.verdicts import Broken

from . import forms
from .browser import browser

if TYPE_CHECKING:
    import ssl

__all__ = ["RESPONSE_S", "HubBrowser", "summary"]

RESPONSE_S: Final = 60


class HubBrowser:
    """A browser with no cookies, for one site.

    Args:
        url: URL of the site, without a slash at its end.
        trust: Certificate authorities that it trusts.
    """

    def __init__(self, url: str, trust: ssl.SSLContext) -> None:
        self.url = url
        self.host = httpx.URL(url).host
        self.client = browser(trust, RESPONSE_S)

    def get(self, target: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's
        """Open a page, by its URL or by its path at the site.

        Raises:
            Broken: Nothing listens there.
        """
        url = target if "://" in target else self.url + target
        try:
            return self.client.get(url, **options)
        except httpx.ConnectError as error:
            raise Broken(f"{url} does not answer: {error}") from None

    def submit(self, form: forms.Form, fields: dict[str, str]) -> httpx.Response:
        """Submit a form."""
        headers = {"Referer": form.action}
        if form.method == "GET":
            return self.get(form.action, headers=headers, params=fields)
        return self.client.post(form.action, headers=headers, data=fields)

    def api_headers(self) -> dict[str, str]:
        """Return the headers of a request to the hub's API."""
        token = self.cookie("_xsrf", "/hub")
        return {"X-XSRFToken": token, "Referer": f"{self.url}/hub/home"}

    def cookie(self, name: str, path: str) -> str:
        """Return the value of the newest cookie of a name below a path; empty for none."""
        found = [c for c in self.client.cookies.jar if c.name == name and c.path.startswith(path)]
        return str(found[-1].value) if found else ""

    def cookies_for(self, path: str) -> str:
        """Return the Cookie header of a request to a path of the site."""
        sent = [
            cookie
            for cookie in self.client.cookies.jar
            if path.startswith(cookie.path) and self.host.endswith(cookie.domain.lstrip("."))
        ]
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in sent)


def summary(response: httpx.Response) -> str:
    """Return status and text of a response in one line."""
    words = forms.read(response.text, str(response.url)).words
    return f"{response.status_code} at {response.url.path}: {words[-200:]}"
