"""The visits to compare: the same deed on the product and on the floor application."""

from __future__ import annotations

import functools
import itertools
import json
import typing as t
from dataclasses import dataclass, field

from benchmarks.browser import Browser, WrongAnswer, form_with
from benchmarks.processes import HOME
from inquiries.accounts.passwords import DEMO_PASSWORD
from inquiries.platform.text import query_words

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.databases import Database

SAMPLES = HOME / "catalogues" / "examples" / "samples.jsonl"
RARE = "Quastenflosser"
COMMON = "Bewohner"
ALL = "/anfragen?view=all"
FILED = "/anfrage/eingegangen"


@dataclass
class Visitor:
    """Somebody with a browser, and what she has to hand: one for each thread of a target."""

    browser: Browser
    references: t.Iterator[str]
    numbers: t.Iterator[int]


Visit = t.Callable[[Visitor], object]


@dataclass(frozen=True)
class View:
    """A row of the results.

    Args:
        key: short name for the command line.
        title: what the reader of the results sees.
        floor: the visit to the floor application.
        product: the visit to the product.
        target: how many times the floor's processor time it may cost; None where no target is set.
        role: who visits the product: advisor, coordinator, or nobody who is logged in.
        writes: it changes the database, so it is measured after all that only read.
    """

    key: str
    title: str
    floor: Visit
    product: Visit
    target: float | None = None
    role: str = "advisor"
    writes: bool = False


def _page(path: str, expect: str = "</html>") -> Visit:
    def visit(visitor: Visitor) -> None:
        answer = visitor.browser.get(path)
        if expect not in answer.text:
            raise WrongAnswer(f"{path}: {expect!r} is missing")

    return visit


def _inquiry(path: str) -> Visit:
    def visit(visitor: Visitor) -> None:
        visitor.browser.get(path + next(visitor.references))

    return visit


def _ask_floor(visitor: Visitor) -> None:
    question = question_with(next(visitor.numbers))
    page = visitor.browser.get("/new")
    visitor.browser.send(page, form_with(page, "body"), question, expect=303)


def _file(visitor: Visitor, *, check: bool) -> None:
    """Fetch the form, look at „check your answers“ or not, and file as somebody new."""
    browser, question = visitor.browser, question_with(next(visitor.numbers))
    browser.cookies.clear()
    browser.headers["X-Forwarded-For"] = question.pop("address")
    page = browser.get("/anfrage")
    form = form_with(page, "body", "csrf_token")
    if check:
        page = browser.send(page, form, question, expect=200)
        form, question = form_with(page, "body", "csrf_token"), {}
    filed = browser.send(page, form, {**question, "schritt": "senden"}, expect=303)
    if FILED not in filed.headers.get("Location", ""):
        raise WrongAnswer(f"filing led to {filed.headers.get('Location')}")


def _stem(word: str) -> str:
    return query_words(word)[0]


VIEWS = (
    View("queue", "queue, all inquiries", _page("/"), _page(ALL), 4),
    View("mine", "queue, as it opens", _page("/"), _page("/anfragen")),
    View(
        "queue-coordinator",
        "queue, all inquiries, both carriers",
        _page("/"),
        _page(ALL),
        role="coordinator",
    ),
    View("inquiry", "inquiry page", _inquiry("/ticket/"), _inquiry("/anfragen/"), 4),
    View(
        "search-rare",
        f"search, rare word („{RARE}“)",
        _page(f"/search?q={_stem(RARE)}", "<tr>"),
        _page(f"{ALL}&q={RARE}", "ZSZ-"),
        3,
    ),
    View(
        "search-common",
        f"search, common word („{COMMON}“)",
        _page(f"/search?q={_stem(COMMON)}", "<tr>"),
        _page(f"{ALL}&q={COMMON}", "ZSZ-"),
        3,
    ),
    View(
        "filing",
        "filing: form, and sending it off",
        _ask_floor,
        functools.partial(_file, check=False),
        4,
        role="",
        writes=True,
    ),
    View(
        "filing-checked",
        "filing with the page „check your answers“ between",
        _ask_floor,
        functools.partial(_file, check=True),
        role="",
        writes=True,
    ),
)


@functools.cache
def _samples() -> list[dict[str, str]]:
    return [json.loads(line) for line in SAMPLES.read_text(encoding="utf-8").splitlines()]


def question_with(number: int) -> dict[str, str]:
    """Return what somebody asks, and from which address; no two numbers give the same."""
    sample = _samples()[number % len(_samples())]
    return {
        "name": sample["from_name"],
        "email": sample["from_email"],
        "organisation": sample["organisation"],
        "municipality": sample["municipality"],
        "subject": f"{sample['subject']} ({number})"[:300],
        "body": sample["body"],
        "address": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
    }


def log_in(port: int, email: str) -> dict[str, str]:
    """Log in by the form; returns the browser's cookies."""
    browser = Browser(port)
    page = browser.get("/anmelden")
    form = form_with(page, "email", "password", "csrf_token")
    browser.send(page, form, {"email": email, "password": DEMO_PASSWORD}, expect=302)
    return browser.cookies


@dataclass
class Target:
    """An application on a database, with everything that its visitors need."""

    name: str
    database: Database
    port: int
    pids: tuple[int, ...]
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)
    _numbers: t.Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _references: list[str] = field(default_factory=list)

    def let_in(self) -> None:
        """Log the visitors in and note which inquiries they will open."""
        self._references = self.database.references(50)
        self.cookies[""] = {}
        if self.name == "product":
            for role in ("advisor", "coordinator"):
                self.cookies[role] = log_in(self.port, getattr(self.database, role))

    def visitor(self, view: View, number: int) -> Visitor:
        """Return the visitor with this number."""
        start = number * 7 % len(self._references)
        references = itertools.cycle(self._references[start:] + self._references[:start])
        cookies = self.cookies.get(view.role, {})
        return Visitor(Browser(self.port, cookies), references, self._numbers)

    def visit(self, view: View) -> Callable[[Visitor], object]:
        """Return what a visitor does here."""
        return view.product if self.name == "product" else view.floor
