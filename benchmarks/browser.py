"""A visitor's browser for measuring: cookies, forms, one new connection a request, no waiting."""

from __future__ import annotations

import http.client
import typing as t
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

if t.TYPE_CHECKING:
    from collections.abc import Mapping


class WrongAnswer(Exception):
    """A page answered other than it should: what was measured would not be what is meant."""


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    path: str

    @property
    def text(self) -> str:
        """Return the page."""
        return self.body.decode()


@dataclass
class FilledForm:
    """A form of a page with the values that it came with."""

    action: str = ""
    multipart: bool = False
    values: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


class _Forms(HTMLParser):
    """Collects forms as a browser would send them untouched; buttons are not pressed."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[FilledForm] = []
        self._inside = False
        self._area = self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            multipart = "multipart" in found.get("enctype", "")
            self.forms.append(FilledForm(found.get("action", ""), multipart))
            self._inside = True
        if not self._inside:
            return
        form, name = self.forms[-1], found.get("name", "")
        if tag in {"input", "textarea", "select"} and name:
            form.names.add(name)
        if tag == "input" and name:
            kind = found.get("type", "text")
            if kind not in {"submit", "button", "file"} and (
                kind not in {"radio", "checkbox"} or "checked" in found
            ):
                form.values[name] = found.get("value", "on" if kind == "checkbox" else "")
        elif tag == "textarea":
            self._area = name
            form.values[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and ("selected" in found or self._select not in form.values):
            form.values[self._select] = found.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1].values[self._area] += data


def form_with(answer: Answer, *names: str) -> FilledForm:
    """Return the page's form that has fields of these names."""
    parser = _Forms()
    parser.feed(answer.text)
    for form in parser.forms:
        if form.names.issuperset(names):
            return form
    raise WrongAnswer(f"{answer.path}: no form with {', '.join(names)}")


class Browser:
    """One visitor of a server on 127.0.0.1."""

    def __init__(self, port: int, cookies: Mapping[str, str] | None = None) -> None:
        self._port = port
        self.cookies = dict(cookies or {})
        self.headers: dict[str, str] = {}

    def get(self, path: str, expect: int = 200) -> Answer:
        """Fetch a page."""
        return self._request("GET", path, None, {}, expect)

    def send(
        self, page: Answer, form: FilledForm, changes: Mapping[str, str], expect: int
    ) -> Answer:
        """Fill in a form of a page and send it."""
        values = {**form.values, **changes}
        if form.multipart:
            mark = "----------------------------anlaufstelle"
            body = "".join(
                f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                for name, value in values.items()
            )
            body, kind = f"{body}--{mark}--\r\n", f"multipart/form-data; boundary={mark}"
        else:
            body, kind = urlencode(values), "application/x-www-form-urlencoded"
        path = urljoin(page.path, form.action) if form.action else page.path
        return self._request("POST", path, body.encode(), {"Content-Type": kind}, expect)

    def _request(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str], expect: int
    ) -> Answer:
        parts = urlsplit(path)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        headers = {"Connection": "close", "Accept-Language": "de", **self.headers, **headers}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{n}={v}" for n, v in self.cookies.items())
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read(), path)
        finally:
            connection.close()
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        if answer.status != expect:
            where = answer.headers.get("Location", "")
            raise WrongAnswer(f"{method} {path} answered {answer.status} {where}".rstrip())
        return answer
