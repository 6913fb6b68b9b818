"""Forms: what a page asks a person for, and what a browser sends when they have filled it in."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

__all__ = ["Choice", "Form", "Page", "read"]

_TYPED = {"text", "email", "search", "tel", "url"}


@dataclass(frozen=True)
class Choice:
    """One way to answer a question, by button or from a list."""

    value: str
    words: str


@dataclass
class Form:
    """One form.

    Attributes:
        action: Where it is sent, in full.
        method: GET or POST.
        fields: What is sent if nobody touches it.
        typed: Names of fields for words.
        secret: Names of fields for passwords.
        choices: By name of a field: what can be chosen.
    """

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)
    secret: list[str] = field(default_factory=list)
    choices: dict[str, list[Choice]] = field(default_factory=dict)


@dataclass
class Page:
    """One page.

    Attributes:
        forms: In the page's own order.
        links: Targets of links, in full.
        words: What a person reads.
    """

    forms: list[Form] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    words: str = ""


def read(html: str, url: str) -> Page:
    """Read a page.

    Args:
        html: The page.
        url: Where it came from.
    """
    reader = _Reader(url)
    reader.feed(html)
    reader.close()
    reader.page.words = " ".join(reader.words)
    return reader.page


class _Reader(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.page = Page()
        self.words: list[str] = []
        self._url = url
        self._form: Form | None = None
        self._unread = 0
        self._select = ""
        self._choosing: tuple[str, str] | None = None
        self._said: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag in {"script", "style"}:
            self._unread += 1
        elif tag == "a" and "href" in said:
            self.page.links.append(urljoin(self._url, said["href"]))
        elif tag == "form":
            self._begin(said)
        elif self._form:
            self._in_form(self._form, tag, said)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style"}:
            self._unread = max(0, self._unread - 1)
        elif tag == "form":
            self._chosen()
            self._form = None
        elif tag in {"option", "label", "select"}:
            self._chosen()

    def handle_data(self, data: str) -> None:
        words = " ".join(data.split())
        if words and not self._unread:
            self.words.append(words)
            self._said.append(words)

    def _begin(self, said: dict[str, str]) -> None:
        action = urljoin(self._url, said.get("action") or self._url)
        self._form = Form(action, said.get("method", "get").upper())
        self.page.forms.append(self._form)

    def _in_form(self, form: Form, tag: str, said: dict[str, str]) -> None:
        name = said.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "option":
            self._chosen()
            self._choose(form, self._select, said, "selected")
        elif tag == "textarea" and name:
            form.typed.append(name)
            form.fields.setdefault(name, "")
        elif tag == "input" and name:
            self._input(form, name, said)

    def _input(self, form: Form, name: str, said: dict[str, str]) -> None:
        kind = said.get("type", "text").lower()
        if kind == "radio":
            self._chosen()
            self._choose(form, name, said, "checked")
        elif kind == "checkbox":
            if "checked" in said:
                form.fields[name] = said.get("value", "on")
        elif kind not in {"submit", "button", "image", "reset", "file"}:
            form.fields[name] = said.get("value", "")
            if kind in _TYPED:
                form.typed.append(name)
            elif kind == "password":
                form.secret.append(name)

    def _choose(self, form: Form, name: str, said: dict[str, str], default: str) -> None:
        value = said.get("value", "")
        form.choices.setdefault(name, []).append(Choice(value, ""))
        if default in said or name not in form.fields:
            form.fields[name] = value
        self._choosing, self._said = (name, value), []

    def _chosen(self) -> None:
        """Give the choice that was last begun the words that stood behind it."""
        if not self._choosing or not self.page.forms:
            return
        name, value = self._choosing
        choices = self.page.forms[-1].choices[name]
        at = next(i for i, choice in enumerate(choices) if choice.value == value)
        if self._said:
            choices[at] = Choice(value, " ".join(self._said))
            self._choosing = None
