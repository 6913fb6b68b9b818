"""Person: somebody in front of a browser, without the browser: logs in, starts, stops."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import httpx

from conformance.kit.verdicts import Broken

from . import forms
from .browser import browser
from .kernel import Kernel

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

    from .participants import Identity

__all__ = ["Person", "Profile", "Start"]

_ANSWER_S: Final = 60
_PAGES: Final = 8
"""Most pages between the site's front door and the end of a login."""
_STOP_S: Final = 90
_AGAIN_S: Final = 0.1


@dataclass(frozen=True)
class Profile:
    """One kind of session that the site offers; without a value there is only one kind."""

    value: str
    words: str


@dataclass
class Start:
    """When a session came to be, by the local monotonic clock.

    Attributes:
        asked: Before the request was sent.
        accepted: The hub took it.
        ready: The hub says that the session is ready.
        messages: What the hub said meanwhile.
    """

    asked: float
    accepted: float = 0
    ready: float = 0
    messages: list[str] = field(default_factory=list)


class Person:
    """One person at one site.

    Args:
        who: Whom the issuer knows.
        url: What they open.
        trust: Whom their browser trusts.
    """

    def __init__(self, who: Identity, url: str, trust: ssl.SSLContext) -> None:
        self.who = who
        self.url = url.rstrip("/")
        self._trust = trust
        self._browser = browser(trust, _ANSWER_S)
        self._hub_name = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._browser.close()

    def __str__(self) -> str:
        return self.who.name

    @property
    def name(self) -> str:
        """What the hub calls them."""
        self._hub_name = self._hub_name or str(self.account()["name"])
        return self._hub_name

    def log_in(self) -> httpx.Response:
        """Open the site and fill in what the pages on the way ask for; return the last page."""
        answer = self._get("/hub/")
        for _ in range(_PAGES):
            page = forms.read(answer.text, str(answer.url))
            form = next((form for form in page.forms if self._is_on_the_way(form, answer)), None)
            ways = [link for link in page.links if "/oauth_login" in link]
            if form:
                answer = self._send(form, self._filled(form))
            elif ways and answer.is_success:
                answer = self._get(ways[0])
            else:
                return answer
        raise AssertionError(f"{self}'s login goes round in circles at {answer.url.host}")

    def logged_in(self) -> Self:
        """Log in, as somebody who may."""
        answer = self.log_in()
        assert answer.is_success, f"{self} cannot log in: {_said(answer)}"
        assert self.is_at_hub(answer), f"{self}'s login ends at {answer.url.host}: {_said(answer)}"
        return self

    def is_at_hub(self, answer: httpx.Response) -> bool:
        """Tell whether a page is one of the hub's own for people who are logged in."""
        path = answer.url.path
        return answer.url.host == httpx.URL(self.url).host and "/login" not in path

    def account(self) -> dict[str, Any]:
        """Return what the hub says of them."""
        answer = self._get("/hub/api/user", headers=self._api_headers())
        assert answer.is_success, f"the hub does not know {self}: {_said(answer)}"
        known: dict[str, Any] = answer.json()
        return known

    def get(self, path: str) -> httpx.Response:
        """Open a page of the site."""
        return self._get(path, headers=self._api_headers())

    def profiles(self) -> list[Profile]:
        """Return the kinds of session that the site offers them."""
        form = self._spawn_form()
        choices = form.choices.get("profile", []) if form else []
        return [Profile(choice.value, choice.words) for choice in choices] or [Profile("", "")]

    def start(self, profile: Profile, within: float, *, at: float = 0) -> Start:
        """Start a session and wait until the hub says that it is ready.

        Args:
            profile: Which.
            within: Seconds from the request.
            at: When to ask, by the monotonic clock, with the form open; at once if that is past.

        Raises:
            AssertionError: It is not, within these seconds.
        """
        form = self._spawn_form()
        _until(at)
        started = Start(asked=time.monotonic())
        if form:
            fields = form.fields | ({"profile": profile.value} if profile.value else {})
            answer = self._send(form, fields)
        else:
            answer = self._browser.post(
                f"{self.url}/hub/api/users/{self.name}/server", headers=self._api_headers()
            )
        started.accepted = time.monotonic()
        assert answer.is_success, f"the hub starts nothing for {self}: {_said(answer)}"
        self._follow(started, within)
        return started

    def answered(self, within: float) -> float:
        """Ask their session's own API through the proxy; return when it first answered.

        Raises:
            AssertionError: It does not, within these seconds.
        """
        deadline = time.monotonic() + within
        while not self.get(f"/user/{self.name}/api").is_success:
            assert time.monotonic() < deadline, f"{self}'s session does not answer"
            time.sleep(_AGAIN_S)
        return time.monotonic()

    def kernel(self) -> Kernel:
        """Start a kernel in their session."""
        base = f"{self.url}/user/{self.name}"
        answer = self._get(f"{base}/lab")
        assert answer.is_success, f"{self}'s session shows no page: {_said(answer)}"
        token = self._cookie("_xsrf", f"/user/{self.name}")
        headers = {"X-XSRFToken": token, "Referer": f"{base}/lab"}
        answer = self._browser.post(
            f"{base}/api/kernels", headers=headers, json={"name": "python3"}
        )
        assert answer.is_success, f"{self}'s session starts no kernel: {_said(answer)}"
        path = f"/user/{self.name}/api/kernels/{answer.json()['id']}/channels"
        return Kernel(self.url, path, self._cookies_for(path), token, self._trust)

    def stop(self) -> None:
        """Stop their session, if they have one, and wait until the hub says that it is gone."""
        address = f"{self.url}/hub/api/users/{self.name}/server"
        deadline = time.monotonic() + _STOP_S
        said = "nothing"
        while servers := self.account().get("servers"):
            if servers[""].get("pending") != "stop":
                # one that is just starting or stopping is refused, and asked for again
                answer = self._browser.delete(address, headers=self._api_headers())
                said = _said(answer)
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"{self}'s session does not stop in {_STOP_S} s; last: {said}"
                )
            time.sleep(_AGAIN_S)

    def _follow(self, started: Start, within: float) -> None:
        """Read the hub's own account of a start, to its end."""
        address = f"{self.url}/hub/api/users/{self.name}/server/progress"
        deadline = started.asked + within
        patience = httpx.Timeout(_ANSWER_S, read=within)
        with self._browser.stream(
            "GET", address, headers=self._api_headers(), timeout=patience
        ) as stream:
            for event in _events(stream):
                started.messages.append(str(event.get("message", "")))
                assert not event.get("failed"), f"{self}'s session fails: {started.messages[-1]}"
                if event.get("ready"):
                    started.ready = time.monotonic()
                    return
                if time.monotonic() > deadline:
                    break
        said = started.messages[-1] if started.messages else "nothing"
        raise AssertionError(f"{self}'s session is not ready within {within:.0f} s; last: {said}")

    def _spawn_form(self) -> forms.Form | None:
        """Return the form that asks which session they want.

        None where nothing is asked; opening the page then has begun a start.
        """
        answer = self._get("/hub/spawn")
        found = forms.read(answer.text, str(answer.url)).forms
        return next((form for form in found if "/hub/spawn" in form.action), None)

    def _is_on_the_way(self, form: forms.Form, answer: httpx.Response) -> bool:
        """Tell whether a form is part of a login: it wants a password, or consent elsewhere."""
        if not answer.is_success:
            return False
        elsewhere = answer.url.host != httpx.URL(self.url).host
        return bool(form.secret) or (elsewhere and form.method == "POST")

    def _filled(self, form: forms.Form) -> dict[str, str]:
        fields = dict(form.fields)
        if form.secret:
            names = [*form.typed, *(n for n in fields if "user" in n or "login" in n)]
            if not names:
                raise Broken(f"the login page at {form.action} has no field for a name")
            fields[names[0]] = self.who.name
            fields[form.secret[0]] = self.who.password
        return fields

    def _send(self, form: forms.Form, fields: dict[str, str]) -> httpx.Response:
        headers = {"Referer": form.action}
        if form.method == "GET":
            return self._get(form.action, headers=headers, params=fields)
        return self._browser.post(form.action, headers=headers, data=fields)

    def _get(self, where: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's
        url = where if "://" in where else self.url + where
        try:
            return self._browser.get(url, **options)
        except httpx.ConnectError as error:
            raise Broken(f"{url} does not answer: {error}") from None

    def _api_headers(self) -> dict[str, str]:
        token = self._cookie("_xsrf", "/hub")
        return {"X-XSRFToken": token, "Referer": f"{self.url}/hub/home"}

    def _cookie(self, name: str, path: str) -> str:
        found = [
            c for c in self._browser.cookies.jar if c.name == name and c.path.startswith(path)
        ]
        return str(found[-1].value) if found else ""

    def _cookies_for(self, path: str) -> str:
        host = httpx.URL(self.url).host
        sent = [
            cookie
            for cookie in self._browser.cookies.jar
            if path.startswith(cookie.path) and host.endswith(cookie.domain.lstrip("."))
        ]
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in sent)


def _until(deadline: float) -> None:
    """Wait for a moment, which is the deadline and all that is waited for."""
    time.sleep(max(0, deadline - time.monotonic()))


def _events(stream: httpx.Response) -> Iterator[dict[str, Any]]:
    assert stream.is_success, f"the hub tells nothing of a start: {stream.status_code}"
    for line in stream.iter_lines():
        if line.startswith("data:"):
            yield json.loads(line.removeprefix("data:"))


def _said(answer: httpx.Response) -> str:
    """Status and words of an answer, in one line."""
    words = forms.read(answer.text, str(answer.url)).words
    return f"{answer.status_code} at {answer.url.path}: {words[-200:]}"
