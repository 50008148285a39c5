"""What the weekly digest says: a person's open inquiries as a work list, with a reason each.

Pure: lines in, sections out. An inquiry stands in the first section that fits, so nobody reads
it twice; one that needs nothing this week stands in none.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from inquiries.casefile.status import CLOCK_RUNS, WAITING, Status
from inquiries.platform.workdays import iso_week, local_day, monday_of
from inquiries.routing.rules import deputy_chain

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from inquiries.platform.workdays import Calendar
    from inquiries.routing.rules import Absence, Person

WAITING_LIMIT = 10
"""Working days that an inquiry may wait for somebody else before the digest asks after it."""

WEEKDAYS = (
    "Montag",
    "Dienstag",
    "Mittwoch",
    "Donnerstag",
    "Freitag",
    "Samstag",
    "Sonntag",
)

TITLES = {
    "overdue": "Überfällig",
    "due_this_week": "Diese Woche fällig",
    "waiting_too_long": "Wartet schon lange",
    "new": "Neu",
}
"""The sections in the order of the digest; the most urgent first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An inquiry as far as the digest needs it; all moments are aware.

    Args:
        status_since: when the inquiry came into its present state.
        due_at: end of the last day on which an answer is in time; None without a deadline.
    """

    reference: str
    subject: str
    municipality: str
    status: Status
    received_at: datetime
    status_since: datetime
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the digest: the inquiry, its age in working days, and why it stands here."""

    line: Line
    age: int
    reason: str


@dataclass(frozen=True, slots=True)
class Section:
    """Entries under one German title; `key` is one of TITLES."""

    key: str
    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """A person's week as a work list; false if there is nothing to do, and then no mail goes."""

    week: str
    day: date
    overdue: tuple[Entry, ...] = ()
    due_this_week: tuple[Entry, ...] = ()
    waiting_too_long: tuple[Entry, ...] = ()
    new: tuple[Entry, ...] = ()

    @property
    def sections(self) -> tuple[Section, ...]:
        """Return the sections that have entries, the most urgent first."""
        every = (Section(key, title, getattr(self, key)) for key, title in TITLES.items())
        return tuple(section for section in every if section.entries)

    def __len__(self) -> int:
        return sum(len(section.entries) for section in self.sections)


def group(
    lines: Iterable[Line], day: date, calendar: Calendar, *, waiting_limit: int = WAITING_LIMIT
) -> Digest:
    """Sort a person's inquiries into the sections of the digest of that day.

    Overdue and due count only while the clock runs: an inquiry that waits for its requester is
    late through nobody here. It comes back when it has waited for more than `waiting_limit`
    working days. New is what nobody has begun, assigned or not. Each section begins with what is
    longest there.

    Raises:
        ValueError: a line has a naive moment.
    """
    found: dict[str, list[tuple[datetime, Entry]]] = {key: [] for key in TITLES}
    for line in lines:
        place = _place(line, day, calendar, waiting_limit)
        if place is not None:
            key, since, reason = place
            age = calendar.working_days_between(local_day(line.received_at, calendar.zone), day)
            found[key].append((since, Entry(line, age, reason)))
    sections = {
        key: tuple(
            entry for _, entry in sorted(entries, key=lambda one: (one[0], one[1].line.reference))
        )
        for key, entries in found.items()
    }
    return Digest(iso_week(day), day, **sections)


def recipient(
    person: int, people: Mapping[int, Person], absences: Iterable[Absence], day: date
) -> tuple[int, ...]:
    """Return who gets a person's digest on that day: the last one of the chain of deputies.

    `(person,)` if she is there, `()` if nobody stands in for her: then her inquiries belong into
    the coordinators' digest.
    """
    return deputy_chain(person, people, absences, day)


def _place(
    line: Line, day: date, calendar: Calendar, waiting_limit: int
) -> tuple[str, datetime, str] | None:
    """Find the section of a line, the moment it is sorted by, and the reason; None if it rests."""
    since = local_day(line.status_since, calendar.zone)
    if line.due_at is not None and line.status in CLOCK_RUNS:
        due = local_day(line.due_at, calendar.zone)
        if due < day:
            return "overdue", line.due_at, _overdue(due, day, calendar)
        if monday_of(due) == monday_of(day):
            return "due_this_week", line.due_at, _due(due, day)
    if line.status in WAITING:
        waited = calendar.working_days_between(since, day)
        if waited > waiting_limit:
            reason = f"wartet seit {waited} Arbeitstagen auf {_awaited(line.status)}"
            return "waiting_too_long", line.status_since, reason
    if line.status is Status.ASSIGNED:
        return "new", line.status_since, f"{_since(since, day)} neu"
    if line.status is Status.NEW:
        return "new", line.status_since, f"{_since(since, day)} neu und niemandem zugewiesen"
    return None


def _overdue(due: date, day: date, calendar: Calendar) -> str:
    late = calendar.working_days_between(due, day)
    if late == 0:
        return f"überfällig, fällig war {_named(due)}"
    return f"überfällig seit {late} {'Arbeitstag' if late == 1 else 'Arbeitstagen'}"


def _due(due: date, day: date) -> str:
    return "heute fällig" if due == day else f"fällig am {_named(due)}"


def _awaited(status: Status) -> str:
    return "Anfragende" if status is Status.WAITING_FOR_REQUESTER else "Dritte"


def _since(since: date, day: date) -> str:
    """Say since when in the shortest unmistakable words: a weekday only for the last six days."""
    days = (day - since).days
    if days <= 0:
        return "seit heute"
    if days == 1:
        return "seit gestern"
    if days < 7:
        return f"seit {WEEKDAYS[since.weekday()]}"
    return f"seit {since:%d.%m.}" if since.year == day.year else f"seit {since:%d.%m.%Y}"


def _named(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()]}, {day:%d.%m.}"
