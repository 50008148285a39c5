"""When something is due: pure functions from a moment to the latest slot, without a clock.

A slot is an occasion on which a job runs once. Its key is unique: it names the local day or the
ISO week, or the local moment with its offset, so that the night with two hours of the same name
has a key for each. No job lies between two and three o'clock, an hour that one night a year lacks.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from inquiries.platform.workdays import digest_moment, iso_week, local_day

if t.TYPE_CHECKING:
    from datetime import date

    from inquiries.platform.workdays import Calendar

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
FORBIDDEN_HOUR = 2


@dataclass(frozen=True, slots=True)
class Slot:
    """An occasion: its unique key, and the moment from which on it is due (UTC)."""

    key: str
    moment: datetime


class Slots(t.Protocol):
    """A rule that says when a job is due."""

    @property
    def keep(self) -> timedelta:
        """How long a finished run is kept for people to look at."""

    def latest(self, now: datetime, calendar: Calendar) -> Slot | None:
        """Return the last slot that is due at `now`, or None if none is."""

    def following(self, now: datetime, calendar: Calendar) -> datetime:
        """Return the next moment after `now` at which a slot becomes due."""


def _at(day: date, at: time, calendar: Calendar) -> datetime:
    return datetime.combine(day, at, calendar.zone).astimezone(UTC)


def _outside_the_lost_hour(at: time) -> None:
    if at.hour == FORBIDDEN_HOUR:
        message = f"{at:%H:%M}: one night a year has no such time, and one has it twice"
        raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Every:
    """Again and again after so many seconds, counted from midnight UTC."""

    seconds: int

    @property
    def keep(self) -> timedelta:
        """An hour: rows of a frequent job would fill the table."""
        return timedelta(hours=1)

    def latest(self, now: datetime, calendar: Calendar) -> Slot:
        """Return the slot that `now` lies in."""
        moment = datetime.fromtimestamp(now.timestamp() // self.seconds * self.seconds, UTC)
        return Slot(moment.astimezone(calendar.zone).isoformat(timespec="seconds"), moment)

    def following(self, now: datetime, calendar: Calendar) -> datetime:
        """Return when the slot after this one begins."""
        return self.latest(now, calendar).moment + timedelta(seconds=self.seconds)

    def __str__(self) -> str:
        if self.seconds % 60:
            return f"alle {self.seconds} Sekunden"
        return f"alle {self.seconds // 60} Minuten"


@dataclass(frozen=True, slots=True)
class Daily:
    """Once a local day, from a time of day on."""

    at: time

    def __post_init__(self) -> None:
        _outside_the_lost_hour(self.at)

    @property
    def keep(self) -> timedelta:
        """Somewhat more than a year."""
        return timedelta(days=400)

    def latest(self, now: datetime, calendar: Calendar) -> Slot:
        """Return today's slot, or yesterday's before the time of day."""
        today = local_day(now, calendar.zone)
        day = today if _at(today, self.at, calendar) <= now else today - DAY
        return Slot(day.isoformat(), _at(day, self.at, calendar))

    def following(self, now: datetime, calendar: Calendar) -> datetime:
        """Return today's moment if it is still to come, else tomorrow's."""
        today = local_day(now, calendar.zone)
        moment = _at(today, self.at, calendar)
        return moment if moment > now else _at(today + DAY, self.at, calendar)

    def __str__(self) -> str:
        return f"täglich um {self.at:%H:%M} Uhr"


@dataclass(frozen=True, slots=True)
class FirstWorkingDay:
    """Once an ISO week, on its first working day: Monday, or Tuesday after Easter.

    A week that was missed is caught up as long as it lasts; then only the new one counts.
    """

    at: time

    def __post_init__(self) -> None:
        _outside_the_lost_hour(self.at)

    @property
    def keep(self) -> timedelta:
        """Somewhat more than a year."""
        return timedelta(days=400)

    def latest(self, now: datetime, calendar: Calendar) -> Slot | None:
        """Return this week's slot once it is due; a week without working days has none."""
        today = local_day(now, calendar.zone)
        moment = digest_moment(today, calendar, self.at)
        return Slot(iso_week(today), moment) if moment <= now else None

    def following(self, now: datetime, calendar: Calendar) -> datetime:
        """Return this week's moment if it is still to come, else next week's."""
        today = local_day(now, calendar.zone)
        moment = digest_moment(today, calendar, self.at)
        return moment if moment > now else digest_moment(today + WEEK, calendar, self.at)

    def __str__(self) -> str:
        return f"montags um {self.at:%H:%M} Uhr, an freien Montagen am nächsten Arbeitstag"
