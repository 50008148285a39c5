"""How long requesters wait for the first answer, in working days."""

from __future__ import annotations

import typing as t
from collections import Counter
from datetime import date

import sqlalchemy as sa

from inquiries.casefile.models import Inquiry
from inquiries.reporting.days import local_day

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from inquiries.platform.workdays import Calendar

ANSWER_STEPS = (
    (0, "am selben Tag"),
    (2, "1 bis 2 Arbeitstage"),
    (5, "3 bis 5 Arbeitstage"),
    (10, "6 bis 10 Arbeitstage"),
    (None, "mehr als 10 Arbeitstage"),
)


def answer_times(
    session: Session,
    conditions: Iterable[sa.ColumnElement[bool]],
    calendar: Calendar,
    years: Sequence[int],
) -> Counter[int]:
    """Return how many inquiries were answered after how many working days.

    Many inquiries share the same two days, so few pairs of days are asked of the calendar.
    """
    span = (min(years), max(years))
    received, answered = (
        local_day(session, column, calendar.zone, span)
        for column in (Inquiry.received_at, Inquiry.first_answer_at)
    )
    pairs = (
        sa.select(received, answered, sa.func.count())
        .where(*conditions, Inquiry.first_answer_at.is_not(None))
        .group_by(received, answered)
    )
    found: Counter[int] = Counter()
    for first, last, n in session.execute(pairs):
        taken = calendar.working_days_between(date.fromisoformat(first), date.fromisoformat(last))
        found[taken] += n
    return found


def quantile(times: Counter[int], share: float) -> int | None:
    """Return the smallest number of days in which at least this share was answered."""
    total = times.total()
    reached = 0
    for taken in sorted(times):
        reached += times[taken]
        if reached >= share * total:
            return taken
    return None


def in_steps(times: Counter[int]) -> list[tuple[str, int]]:
    """Return how many were answered in each span of days."""
    rows: list[tuple[str, int]] = []
    after = -1
    for until, label in ANSWER_STEPS:
        last = max(times, default=0) if until is None else until
        rows.append((label, sum(n for taken, n in times.items() if after < taken <= last)))
        after = last
    return rows
