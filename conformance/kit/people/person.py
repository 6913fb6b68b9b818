"""Person: a user of the hub, by the HTTP requests of a browser: login, session start and stop."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import httpx

from conformance.kit.verdicts import Broken

from . import forms
from .hub_browser import RESPONSE_S, HubBrowser, summary
from .kernel import Kernel
from .login import log_in

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

    from .participants import Identity

__all__ = ["Person", "Profile", "Start"]

_STOP_S: Final = 90
_RETRY_S: Final = 0.1
_LONGEST_DELAY_S: Final = 60
"""Furthest moment in the future that a start may be set for."""


@dataclass(frozen=True)
class Profile:
    """One session profile of the hub.

    Attributes:
        value: Its name in the form; empty if the hub offers one kind of session only.
        words: Its description, as a person reads it.
    """

    value: str
    words: str


@dataclass
class Start:
    """When a session started, by the local monotonic clock.

    Attributes:
        asked: The request was about to be sent.
        accepted: The hub accepted it.
        ready: The hub reported the session as ready.
        messages: Progress messages of the hub.
    """

    asked: float
    accepted: float = 0
    ready: float = 0
    messages: list[str] = field(default_factory=list)


class Person:
    """One person at one site.

    Args:
        who: Account at the issuer.
        url: URL of the site.
        trust: Certificate authorities that their browser trusts.
    """

    def __init__(self, who: Identity, url: str, trust: ssl.SSLContext) -> None:
        self.who = who
        self.url = url.rstrip("/")
        self._trust = trust
        self._browser = HubBrowser(self.url, trust)
        self._hub_name = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._browser.client.close()

    def __str__(self) -> str:
        return self.who.name

    @property
    def name(self) -> str:
        """Their name in the hub."""
        self._hub_name = self._hub_name or str(self.account()["name"])
        return self._hub_name

    def log_in(self) -> httpx.Response:
        """Fill in the forms of the login, and return the last page."""
        return log_in(self._browser, self.who)

    def logged_in(self) -> Self:
        """Log in and return self.

        Raises:
            AssertionError: The login is refused, or does not end at the hub.
        """
        last = self.log_in()
        assert last.is_success, f"{self} cannot log in: {summary(last)}"
        is_at_hub = last.url.host == self._browser.host and "/login" not in last.url.path
        assert is_at_hub, f"{self}'s login ends at {last.url.host}: {summary(last)}"
        return self

    def account(self) -> dict[str, Any]:
        """Return their user model of the hub's API."""
        response = self._browser.get("/hub/api/user", headers=self._browser.api_headers())
        assert response.is_success, f"the hub does not know {self}: {summary(response)}"
        user: dict[str, Any] = response.json()
        return user

    def get(self, path: str) -> httpx.Response:
        """Open a page of the site."""
        return self._browser.get(path, headers=self._browser.api_headers())

    def profiles(self) -> list[Profile]:
        """Return the session profiles that the hub offers them."""
        form = self._spawn_form()
        choices = form.choices.get("profile", []) if form else []
        return [Profile(choice.value, choice.words) for choice in choices] or [Profile("", "")]

    def start(self, profile: Profile, within: float, *, at: float = 0) -> Start:
        """Start a session and wait until the hub reports it as ready.

        Args:
            profile: Of the session.
            within: Seconds from the request.
            at: When to send the request, by the monotonic clock, with the form open; a moment in
                the past means at once.

        Raises:
            AssertionError: The session is not ready in time.
            Broken: The moment is too far in the future.
        """
        form = self._spawn_form()
        _sleep_until(at)
        started = Start(asked=time.monotonic())
        if form:
            fields = form.fields | ({"profile": profile.value} if profile.value else {})
            response = self._browser.submit(form, fields)
        else:
            response = self._browser.client.post(
                f"{self.url}/hub/api/users/{self.name}/server", headers=self._browser.api_headers()
            )
        started.accepted = time.monotonic()
        assert response.is_success, f"the hub starts nothing for {self}: {summary(response)}"
        self._wait_ready(started, within)
        return started

    def wait_reachable(self, within: float) -> float:
        """Wait until the API of their session responds through the proxy; return when it did.

        Raises:
            AssertionError: It does not in time.
        """
        deadline = time.monotonic() + within
        while not self.get(f"/user/{self.name}/api").is_success:
            assert time.monotonic() < deadline, f"{self}'s session does not answer"
            time.sleep(_RETRY_S)
        return time.monotonic()

    def kernel(self) -> Kernel:
        """Start a kernel in their session."""
        base = f"{self.url}/user/{self.name}"
        response = self._browser.get(f"{base}/lab")
        assert response.is_success, f"{self}'s session shows no page: {summary(response)}"
        token = self._browser.cookie("_xsrf", f"/user/{self.name}")
        headers = {"X-XSRFToken": token, "Referer": f"{base}/lab"}
        response = self._browser.client.post(
            f"{base}/api/kernels", headers=headers, json={"name": "python3"}
        )
        assert response.is_success, f"{self}'s session starts no kernel: {summary(response)}"
        path = f"/user/{self.name}/api/kernels/{response.json()['id']}/channels"
        return Kernel(self.url, path, self._browser.cookies_for(path), token, self._trust)

    def stop(self) -> None:
        """Stop their session, if they have one, and wait until the hub reports none.

        Raises:
            AssertionError: The session does not stop in time.
        """
        address = f"{self.url}/hub/api/users/{self.name}/server"
        deadline = time.monotonic() + _STOP_S
        last = "nothing"
        while servers := self.account().get("servers"):
            if servers[""].get("pending") != "stop":
                # the hub refuses this while a session starts or stops, hence the loop
                last = summary(
                    self._browser.client.delete(address, headers=self._browser.api_headers())
                )
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"{self}'s session does not stop in {_STOP_S} s; last: {last}"
                )
            time.sleep(_RETRY_S)

    def _wait_ready(self, started: Start, within: float) -> None:
        """Read the hub's progress events of a start until the session is ready."""
        address = f"{self.url}/hub/api/users/{self.name}/server/progress"
        deadline = started.asked + within
        timeout = httpx.Timeout(RESPONSE_S, read=within)
        with self._browser.client.stream(
            "GET", address, headers=self._browser.api_headers(), timeout=timeout
        ) as stream:
            for event in _events(stream):
                started.messages.append(str(event.get("message", "")))
                assert not event.get("failed"), f"{self}'s session fails: {started.messages[-1]}"
                if event.get("ready"):
                    started.ready = time.monotonic()
                    return
                if time.monotonic() > deadline:
                    break
        last = started.messages[-1] if started.messages else "nothing"
        raise AssertionError(f"{self}'s session is not ready within {within:.0f} s; last: {last}")

    def _spawn_form(self) -> forms.Form | None:
        """Return the hub's form for a session profile.

        None if the hub offers one kind of session only: opening the page then starts a session.
        """
        response = self._browser.get("/hub/spawn")
        found = forms.read(response.text, str(response.url)).forms
        return next((form for form in found if "/hub/spawn" in form.action), None)


def _sleep_until(moment: float) -> None:
    """Sleep until a moment of the monotonic clock; the deadline is the longest delay."""
    deadline = time.monotonic() + _LONGEST_DELAY_S
    if moment > deadline:
        raise Broken(f"a start may be at most {_LONGEST_DELAY_S} s in the future")
    time.sleep(max(0, moment - time.monotonic()))


def _events(stream: httpx.Response) -> Iterator[dict[str, Any]]:
    assert stream.is_success, f"the hub reports no progress of a start: {stream.status_code}"
    for line in stream.iter_lines():
        if line.startswith("data:"):
            yield json.loads(line.removeprefix("data:"))
