"""Lists of inquiries: views with exact counts, filters, order, search, and pages by key.

A list reads columns, not entities, and never more rows than it shows; every order runs on an index
of `Inquiry`. Names of topics and people are not joined: pages have them at hand (terms, directory).
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import sqlalchemy as sa

from inquiries.casefile import search, tally
from inquiries.casefile.access import sees_everything, visible_clause
from inquiries.casefile.models import Inquiry
from inquiries.casefile.status import CLOCK_RUNS, OPEN, WAITING, Status

if t.TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from inquiries.accounts.actors import Actor

PAGE = 25
NOBODY = 0
UNCLEAR = 0

# Written as text: a partial index is used only where the query repeats its condition to the letter.
IS_OPEN = sa.text("inquiry.is_open")
# Said by what is left out: SQLite would otherwise gather these states first and then sort them.
NOT_WAITING = [str(status) for status in sorted(OPEN - WAITING)]
NOT_RUNNING = [str(status) for status in sorted(OPEN - CLOCK_RUNS)]


class View(StrEnum):
    """The usual questions to the list; each has a tab with its number."""

    MINE = "mine"
    UNASSIGNED = "unassigned"
    OVERDUE = "overdue"
    WAITING = "waiting"
    ALL = "all"


class Sort(StrEnum):
    """Newest first, or what is due first; only open inquiries are due at all."""

    RECEIVED = "received"
    DUE = "due"


class Position(t.NamedTuple):
    """A place in the list: moment and id of the row there."""

    at: datetime
    id: int


@dataclass(frozen=True)
class Place:
    """A municipality as a filter: rows of the register, and names as they were typed."""

    ids: tuple[int, ...]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Wanted:
    """What a list is to show; None and the empty text mean „no matter“.

    Args:
        topic_id: `UNCLEAR` for the ones that have none.
        person_id: `NOBODY` for the ones that lie in a queue.
        typed: words that must occur anywhere in the file.
        since: only what came in at this moment or later.
        after: show what follows this place; `before`: what comes before it.
    """

    view: View = View.ALL
    sort: Sort = Sort.RECEIVED
    status: Status | None = None
    topic_id: int | None = None
    person_id: int | None = None
    place: Place | None = None
    typed: str = ""
    since: datetime | None = None
    after: Position | None = None
    before: Position | None = None

    @property
    def filtered(self) -> bool:
        """Tell whether anything beyond the view narrows the list."""
        exact = (self.status, self.topic_id, self.person_id, self.place)
        return bool(self.typed) or any(value is not None for value in exact)


class Line(t.NamedTuple):
    """An inquiry as a list shows it."""

    id: int
    reference: str
    subject: str
    requester_name: str
    organisation: str
    municipality_name: str
    topic_id: int | None
    assignee_id: int | None
    status: str
    received_at: datetime
    due_at: datetime


@dataclass(frozen=True)
class Page:
    """Some lines, whether there are more on either side, and how many a search has found.

    `found` is None where nothing was searched or too much to count; then `many` says so.
    """

    lines: list[Line]
    newer: bool
    older: bool
    found: int | None = None
    many: bool = False

    def position(self, index: int, sort: Sort) -> Position:
        """Return the place of a line, for the link to what comes before or after it."""
        line = self.lines[index]
        return Position(line.due_at if sort is Sort.DUE else line.received_at, line.id)


COLUMNS = tuple(getattr(Inquiry, name) for name in Line._fields)


class _Anybody:
    """Stands for the person in a statement that is put together once and asked for everybody."""

    id: t.Any = sa.bindparam("me", type_=sa.Integer)
    carrier_id: t.Any = sa.bindparam("carrier", type_=sa.Integer)
    name = ""

    def __init__(self, *, coordinates: bool) -> None:
        self.coordinates = coordinates

    def has_role(self, _role: object) -> bool:
        return self.coordinates


@cache
def _counting(*, coordinates: bool) -> sa.CompoundSelect[int, str, int]:
    anybody = _Anybody(coordinates=coordinates)
    now = sa.bindparam("now", type_=Inquiry.due_at.type)
    overdue = sa.select(
        sa.literal(tally.NOBODY), sa.literal(View.OVERDUE.value), sa.func.count()
    ).where(*_view(View.OVERDUE, anybody, now=now), visible_clause(anybody))
    return sa.union_all(tally.counted(anybody), overdue)


def counts(session: Session, user: Actor, *, now: datetime) -> Mapping[View, int]:
    """Return the exact number of inquiries in each view, in one statement."""
    statement = _counting(coordinates=sees_everything(user))
    whose = {"me": user.id, "carrier": user.carrier_id, "now": now}
    numbers = dict.fromkeys(View, 0)
    for assignee, status, n in session.execute(statement, whose):
        if status == View.OVERDUE:
            numbers[View.OVERDUE] += n
            continue
        numbers[View.ALL] += n
        if status in OPEN and assignee == user.id:
            numbers[View.MINE] += n
        if status in OPEN and assignee == tally.NOBODY:
            numbers[View.UNASSIGNED] += n
        if status in WAITING:
            numbers[View.WAITING] += n
    return {view: int(n) for view, n in numbers.items()}


def page(session: Session, user: Actor, wanted: Wanted, *, now: datetime, size: int = PAGE) -> Page:
    """Return a page of the list."""
    conditions = [visible_clause(user), *_view(wanted.view, user, now=now, status=wanted.status)]
    conditions += _filters(wanted)
    if wanted.sort is Sort.DUE:
        conditions.append(IS_OPEN)
    found: list[sa.ColumnElement[int]] = []
    many = False
    if wanted.typed:
        hits = search.matching(session, wanted.typed)
        many = hits.number is None
        conditions.append(hits.condition)
        if not many:
            number = sa.select(sa.func.count()).select_from(Inquiry).where(*conditions)
            found = [number.correlate(None).scalar_subquery()]
    moment = Inquiry.due_at if wanted.sort is Sort.DUE else Inquiry.received_at
    key = sa.tuple_(moment, Inquiry.id)
    backwards = wanted.before is not None
    upwards = (wanted.sort is Sort.DUE) is not backwards
    edge = wanted.before or wanted.after
    if edge:
        place = sa.tuple_(*edge)
        conditions.append(key > place if upwards else key < place)
    order = [part.asc() if upwards else part.desc() for part in (moment, Inquiry.id)]
    rows = session.execute(
        sa.select(*COLUMNS, *found).where(*conditions).order_by(*order).limit(size + 1)
    ).all()
    more = len(rows) > size
    if backwards and not more:
        # The way back has reached the top: show the whole first page, not the part before the edge.
        top = Wanted(**{**vars(wanted), "before": None})
        return page(session, user, top, now=now, size=size)
    lines = [Line(*row[: len(COLUMNS)]) for row in rows[:size]]
    if backwards:
        lines.reverse()
    return Page(
        lines=lines,
        newer=backwards or wanted.after is not None,
        older=more or backwards,
        found=(int(rows[0][-1]) if rows else 0) if found else None,
        many=many,
    )


def _view(
    view: View,
    user: Actor,
    *,
    now: datetime | sa.BindParameter[datetime],
    status: Status | None = None,
) -> list[sa.ColumnElement[bool] | sa.TextClause]:
    """Return what a view asks for; a status that is asked for opens the view to done ones."""
    still_open = [IS_OPEN] if status is None else []
    if view is View.MINE:
        return [Inquiry.assignee_id == user.id, *still_open]
    if view is View.UNASSIGNED:
        return [Inquiry.assignee_id.is_(None), *still_open]
    if view is View.OVERDUE:
        return [IS_OPEN, Inquiry.due_at < now, Inquiry.status.not_in(NOT_RUNNING)]
    if view is View.WAITING:
        return [IS_OPEN, Inquiry.status.not_in(NOT_WAITING)]
    return []


def _filters(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.status is not None:
        conditions.append(Inquiry.status == wanted.status)
    if wanted.topic_id is not None:
        conditions.append(Inquiry.topic_id == (wanted.topic_id or None))
    if wanted.person_id is not None:
        conditions.append(Inquiry.assignee_id == (wanted.person_id or None))
    if wanted.since is not None:
        conditions.append(Inquiry.received_at >= wanted.since)
    if wanted.place is not None:
        named = Inquiry.municipality_name.in_(wanted.place.names)
        keyed = Inquiry.municipality_id.in_(wanted.place.ids)
        conditions.append(sa.or_(keyed, named) if wanted.place.ids else named)
    return conditions
