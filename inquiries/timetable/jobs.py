"""The timetable itself: read it from top to bottom."""

from __future__ import annotations

import typing as t
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from inquiries.casefile import tally
from inquiries.mail.delivery import deliver_due
from inquiries.platform.db import transaction
from inquiries.platform.workdays import DIGEST_TIME
from inquiries.reminders.service import send_weekly_digests
from inquiries.timetable.slots import Daily, Every, FirstWorkingDay
from inquiries.timetable.uploads import clear_uploads

if t.TYPE_CHECKING:
    from inquiries.timetable.slots import Slots

SessionFactory = Callable[[], Session]


@dataclass(frozen=True)
class Job:
    """A piece of periodic work.

    Args:
        name: how the command line calls it.
        slots: when it is due.
        run: does it as of `now` and returns a German sentence about it; opens its own transactions.
        title: what it is called on the page of jobs.
        lease: longer than it ever takes; a run that is older and unfinished has died.
        attempts: how often a slot is tried when the work fails; eight take two hours.
    """

    name: str
    slots: Slots
    run: Callable[[SessionFactory, datetime], str]
    title: str
    lease: timedelta = timedelta(minutes=10)
    attempts: int = 8


def fold_tallies(session_factory: SessionFactory, _now: datetime) -> str:
    """Sum up the rows that count inquiries, so that counting stays quick."""
    with session_factory() as session, transaction(session):
        return f"{tally.fold(session)} Zählzeilen zusammengefasst."


JOBS = (
    Job("mail-deliver", Every(15), deliver_due, "E-Mails versenden", attempts=1),
    Job("weekly-digest", FirstWorkingDay(DIGEST_TIME), send_weekly_digests, "Wochenübersicht"),
    Job("tally-fold", Every(600), fold_tallies, "Zähler zusammenfassen", attempts=1),
    Job("uploads-clear", Daily(time(3, 30)), clear_uploads, "Liegengebliebene Dateien löschen"),
)


def job_named(name: str) -> Job:
    """Return the job of that name.

    Raises:
        KeyError: there is none.
    """
    return {job.name: job for job in JOBS}[name]
