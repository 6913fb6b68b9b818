"""Login: fills in the forms between the site's URL and the hub, with an account of the issuer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from conformance.kit.verdicts import Broken

from . import forms

if TYPE_CHECKING:
    import httpx

    from .hub_browser import HubBrowser
    from .participants import Identity

__all__ = ["log_in"]

_PAGES: Final = 8
"""Most pages from the site's URL to the end of a login."""


def log_in(browser: HubBrowser, who: Identity) -> httpx.Response:
    """Open the site, fill in the forms of the login, and return the last page.

    Raises:
        AssertionError: The login has no end.
    """
    response = browser.get("/hub/")
    for _ in range(_PAGES):
        page = forms.read(response.text, str(response.url))
        form = next((form for form in page.forms if _is_of_login(browser, form, response)), None)
        links = [link for link in page.links if "/oauth_login" in link]
        if form:
            response = browser.submit(form, _filled(form, who))
        elif links and response.is_success:
            response = browser.get(links[0])
        else:
            return response
    raise AssertionError(f"{who.name}'s login has no end after {_PAGES} pages: {response.url}")


def _is_of_login(browser: HubBrowser, form: forms.Form, response: httpx.Response) -> bool:
    """Tell whether a form belongs to a login: a password, or the consent at the issuer."""
    if not response.is_success:
        return False
    elsewhere = response.url.host != browser.host
    return bool(form.secret) or (elsewhere and form.method == "POST")


def _filled(form: forms.Form, who: Identity) -> dict[str, str]:
    fields = dict(form.fields)
    if form.secret:
        names = [*form.typed, *(n for n in fields if "user" in n or "login" in n)]
        if not names:
            raise Broken(f"the login page at {form.action} has no field for a name")
        fields[names[0]] = who.name
        fields[form.secret[0]] = who.password
    return fields
