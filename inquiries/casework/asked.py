"""The address of a list is its whole state: what it asks for, and how to ask for something near."""

from __future__ import annotations

import re
import typing as t
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import sqlalchemy as sa

from inquiries.accounts import municipalities
from inquiries.accounts.models import Municipality
from inquiries.casefile.queries import NOBODY, UNCLEAR, Place, Position, Sort, View, Wanted
from inquiries.casefile.status import OPEN, Status
from inquiries.casefile.terms import terms

if t.TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy.orm import Session

FILTERS = ("status", "topic", "municipality", "person", "q")
NONE = "none"
LONGEST = 200
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
CURSOR = re.compile(r"(-?\d{1,17})_(\d{1,9})")


class Asked(t.NamedTuple):
    """What an address asks for, and its parts as they are written in it."""

    wanted: Wanted
    parts: dict[str, str]

    def query(self, **changes: str) -> str:
        """Return the address's query with some parts changed; an empty text takes a part away.

        Whatever changes, the list begins anew unless a place in it is named.
        """
        parts = {**self.parts, "after": "", "before": "", **changes}
        return urlencode({name: text for name, text in parts.items() if text})

    @property
    def filtered(self) -> bool:
        """Tell whether anything beyond the view narrows the list."""
        return any(self.parts.get(name) for name in FILTERS)


def read(session: Session, arguments: Mapping[str, str], *, day: date) -> Asked:
    """Understand an address; what makes no sense is left out."""
    given = {name: arguments.get(name, "").strip()[:LONGEST] for name in (*FILTERS, "sort")}
    parts = {name: text for name, text in given.items() if text}
    status = _member(Status, parts, "status")
    view = _member(View, {"view": arguments.get("view", "")}, "view")
    if view is None:
        view = View.ALL if any(name in parts for name in FILTERS) else View.MINE
    sort = _member(Sort, parts, "sort")
    if sort is None:
        sort = Sort.RECEIVED if view is View.ALL or status else Sort.DUE
    if status is not None and status not in OPEN:
        sort = Sort.RECEIVED  # what is done is not due
    wanted = Wanted(
        view=view,
        sort=sort,
        status=status,
        topic_id=_topic(session, parts),
        person_id=_person(parts),
        place=_place(session, parts["municipality"], day) if "municipality" in parts else None,
        typed=parts.get("q", ""),
        after=_position(arguments.get("after", "")),
        before=_position(arguments.get("before", "")),
    )
    return Asked(wanted, {"view": view.value, **parts})


def cursor(position: Position) -> str:
    """Return a place in a list as a part of an address."""
    return f"{(position.at - EPOCH) // MICROSECOND}_{position.id}"


def _position(text: str) -> Position | None:
    found = CURSOR.fullmatch(text)
    if found is None:
        return None
    try:
        return Position(EPOCH + int(found[1]) * MICROSECOND, int(found[2]))
    except OverflowError:
        return None


Member = t.TypeVar("Member", Status, View, Sort)


def _member(kind: type[Member], parts: dict[str, str], name: str) -> Member | None:
    try:
        return kind(parts.get(name, ""))
    except ValueError:
        parts.pop(name, None)
        return None


def _topic(session: Session, parts: dict[str, str]) -> int | None:
    wanted = parts.get("topic")
    if wanted == NONE:
        return UNCLEAR
    topic = terms(session).topic(wanted)
    if topic is None:
        parts.pop("topic", None)
    return topic.id if topic else None


def _person(parts: dict[str, str]) -> int | None:
    wanted = parts.get("person", "")
    if wanted == NONE:
        return NOBODY
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 10:
        return int(wanted)
    parts.pop("person", None)
    return None


def _place(session: Session, typed: str, day: date) -> Place:
    """Return what is meant: rows of the register by number or name, and the name as it was typed.

    A municipality whose key has changed has several rows; what was filed before the register was
    there, or never stood in it, is found by its name.
    """
    if typed.isascii() and typed.isdigit() and len(typed) < 5:
        found = session.get(Municipality, int(typed))
    else:
        found = municipalities.find(session, typed, day)
    if found is None:
        return Place((), tuple(dict.fromkeys((typed, typed.title(), typed.capitalize()))))
    same = sa.select(Municipality.id).where(
        Municipality.short_name == found.short_name, Municipality.district == found.district
    )
    ids = tuple(session.scalars(same))
    return Place(ids, tuple(dict.fromkeys((found.short_name, typed))))
