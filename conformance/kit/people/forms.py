"""HTML forms: reads the forms and links of a page, with what a browser would submit."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

__all__ = ["Choice", "Form", "Page", "read"]

_TYPED = {"text", "email", "search", "tel", "url"}


@dataclass(frozen=True)
class Choice:
    """One option of a radio button or of a list.

    Attributes:
        value: What is submitted.
        words: What a person reads.
    """

    value: str
    words: str


@dataclass
class Form:
    """One form.

    Attributes:
        action: Absolute URL that it is submitted to.
        method: GET or POST.
        fields: What is submitted if a person changes nothing.
        typed: Names of text fields.
        secret: Names of password fields.
        choices: Options by the name of their field.
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
        forms: In the order of the page.
        links: Absolute URLs of links.
        words: Text that a person reads.
    """

    forms: list[Form] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    words: str = ""


def read(html: str, url: str) -> Page:
    """Parse a page.

    Args:
        html: The page.
        url: URL of the page.
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
        self._label: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in {"script", "style"}:
            self._unread += 1
        elif tag == "a" and "href" in given:
            self.page.links.append(urljoin(self._url, given["href"]))
        elif tag == "form":
            self._begin(given)
        elif self._form:
            self._in_form(self._form, tag, given)

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
            self._label.append(words)

    def _begin(self, given: dict[str, str]) -> None:
        action = urljoin(self._url, given.get("action") or self._url)
        self._form = Form(action, given.get("method", "get").upper())
        self.page.forms.append(self._form)

    def _in_form(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "option":
            self._chosen()
            self._choose(form, self._select, given, "selected")
        elif tag == "textarea" and name:
            form.typed.append(name)
            form.fields.setdefault(name, "")
        elif tag == "input" and name:
            self._input(form, name, given)

    def _input(self, form: Form, name: str, given: dict[str, str]) -> None:
        kind = given.get("type", "text").lower()
        if kind == "radio":
            self._chosen()
            self._choose(form, name, given, "checked")
        elif kind == "checkbox":
            if "checked" in given:
                form.fields[name] = given.get("value", "on")
        elif kind not in {"submit", "button", "image", "reset", "file"}:
            form.fields[name] = given.get("value", "")
            if kind in _TYPED:
                form.typed.append(name)
            elif kind == "password":
                form.secret.append(name)

    def _choose(self, form: Form, name: str, given: dict[str, str], default: str) -> None:
        value = given.get("value", "")
        form.choices.setdefault(name, []).append(Choice(value, ""))
        if default in given or name not in form.fields:
            form.fields[name] = value
        self._choosing, self._label = (name, value), []

    def _chosen(self) -> None:
        """End the last option: its words are the text that followed its tag."""
        if not self._choosing or not self.page.forms:
            return
        name, value = self._choosing
        choices = self.page.forms[-1].choices[name]
        at = next(i for i, choice in enumerate(choices) if choice.value == value)
        if self._label:
            choices[at] = Choice(value, " ".join(self._label))
            self._choosing = None
