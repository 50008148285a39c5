"""Lines of a list, ready to print: all words are made here, so that the template only prints."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from inquiries.casefile.status import CLOCK_RUNS, OPEN
from inquiries.platform.web.formatting import short_date
from inquiries.platform.workdays import local_day

if t.TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from inquiries.accounts.directory import Directory
    from inquiries.casefile.queries import Line
    from inquiries.casefile.terms import Terms
    from inquiries.platform.workdays import Calendar

SOON = 2
"""Working days before the deadline from which it is named as near."""


class Due(t.NamedTuple):
    """A deadline in words; `tone` is over, soon, rests, or empty. Done: all empty."""

    text: str = ""
    iso: str = ""
    tone: str = ""
    days: int = 0


class Row(t.NamedTuple):
    """A line of the queue."""

    reference: str
    subject: str
    requester: str
    municipality: str
    topic: str
    person: str
    free: bool
    status: str
    due: Due


@dataclass(frozen=True)
class Printer:
    """Makes the rows of one page."""

    house: Directory
    words: Terms
    now: datetime

    def rows(self, lines: Iterable[Line]) -> list[Row]:
        """Return the lines ready to print."""
        topics = {topic.id: topic.name for topic in self.words.topics}
        people = self.house.people
        clock = Clock(self.house.calendar, self.now)
        return [
            Row(
                reference=line.reference,
                subject=line.subject,
                requester=line.organisation or line.requester_name,
                municipality=line.municipality_name,
                topic=topics.get(line.topic_id or 0, ""),
                person=people[line.assignee_id].name if line.assignee_id else "",
                free=line.assignee_id is None and line.status in OPEN,
                status=line.status,
                due=clock.due(line.status, line.due_at),
            )
            for line in lines
        ]


class Clock:
    """Says how near a deadline is, in working days."""

    def __init__(self, calendar: Calendar, now: datetime) -> None:
        self._calendar = calendar
        self._now = now
        self._today = local_day(now, calendar.zone)
        self._days: dict[date, int] = {}

    def due(self, status: str, due_at: datetime) -> Due:
        """Return the deadline of an inquiry in this status; what is done has none."""
        if status not in OPEN:
            return Due()
        day = local_day(due_at, self._calendar.zone)
        text = short_date(day)
        iso = day.isoformat()
        if status not in CLOCK_RUNS:
            return Due(text, iso, "rests")
        if due_at < self._now:
            return Due(text, iso, "over")
        if day not in self._days:
            self._days[day] = self._calendar.working_days_between(self._today, day)
        days = self._days[day]
        return Due(text, iso, "soon" if days <= SOON else "", days)
