"""The words of every mail: one template a letter, rendered without the web.

`templates/mail/<letter>.txt` has a block `subject` and a block `body`; `_layout.txt` puts greeting,
reference and signature around the body. A name that a template uses and nobody gave is an error.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import jinja2

from inquiries.platform.settings import settings

if t.TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

FOLDER = Path(__file__).resolve().parents[2] / "templates" / "mail"
MONTHS = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
]
QUOTE_LIMIT = 2_000
"""Characters of the requester's own text that an automatic mail repeats: whoever abuses the form
to write to a stranger gets only so far."""


@dataclass(frozen=True)
class Letter:
    """A letter with its words in place."""

    subject: str
    body: str


def long_day(moment: datetime) -> str:
    """Return the day as it is written in letters: 23. November 2026."""
    local = moment.astimezone(settings().zone)
    return f"{local.day}. {MONTHS[local.month - 1]} {local.year}"


def quoted(text: str, limit: int = QUOTE_LIMIT) -> str:
    """Return text with the sign of quotation before each line, cut after `limit` characters."""
    shown = text.strip()
    if len(shown) > limit:
        shown = f"{shown[:limit].rstrip()} … (gekürzt)"
    return "\n".join(f"> {line}".rstrip() for line in shown.splitlines())


def age(working_days: int) -> str:
    """Return how long ago something came in, counted in working days."""
    if working_days == 0:
        return "gerade eingegangen"
    return f"{working_days} {'Arbeitstag' if working_days == 1 else 'Arbeitstage'} alt"


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        undefined=jinja2.StrictUndefined,
        autoescape=jinja2.select_autoescape(enabled_extensions=()),  # plain text
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["age"] = age
    environment.filters["long_day"] = long_day
    environment.filters["quoted"] = quoted
    return environment


def render(letter: str, *, name: str, context: Mapping[str, t.Any]) -> Letter:
    """Put the words of a letter together.

    Args:
        letter: name of the template, such as `confirmation`.
        name: whom it greets; may be empty.
        context: what the template asks for in its first lines, and `centre`.

    Raises:
        jinja2.UndefinedError: when the template uses a name that is not in `context`.
        jinja2.TemplateNotFound: when there is no such letter.
    """
    template = _environment().get_template(f"{letter}.txt")
    values = template.new_context({"name": name, **context})
    subject = "".join(template.blocks["subject"](values))
    body = "".join(template.root_render_func(values))
    return Letter(" ".join(subject.split()), f"{body.strip()}\n")
