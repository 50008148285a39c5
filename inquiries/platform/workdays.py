"""Working days, local days and ISO weeks: pure calendar arithmetic, without a clock.

A moment is an aware datetime and is returned in UTC; a day is a `date` in the calendar's zone.
Days off are Saturdays, Sundays, the public holidays of the German state (the `holidays` package,
computed, no online feed) and a carrier's own closing days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from holidays import country_holidays

BERLIN = ZoneInfo("Europe/Berlin")
DIGEST_TIME = time(7, 30)
"""Local time of the weekly digest: never between two and three, which one night a year lacks."""

_DAY = timedelta(days=1)
_LAST = date.max.toordinal()
_SEARCH = 366
"""Days looked ahead for a working day; a centre closed for longer than a year is a mistake."""


class NoWorkingDay(ValueError):
    """The calendar has no working day within a year of the one asked for."""


@lru_cache(maxsize=512)
def public_holidays(subdivision: str, year: int) -> frozenset[date]:
    """Return the public holidays of a German state in a year.

    Hessen: § 1 HFeiertagsG, ten named days (the nationwide ones, Ostermontag, Pfingstmontag,
    Fronleichnam; not Allerheiligen). The package knows 1991 to 2100; other years have none.

    Raises:
        ValueError: the subdivision is no German state.
    """
    try:
        found = country_holidays("DE", subdiv=subdivision, years=year, language="de")
    except NotImplementedError as unknown:
        message = f"{subdivision!r} is no German state (such as HE)"
        raise ValueError(message) from unknown
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days a carrier works, and where its clock hangs.

    Args:
        subdivision: German state whose public holidays count, two letters.
        closing_days: further days off, such as Betriebsruhe between the years.
        zone: time zone in which a day begins and ends.
    """

    subdivision: str = "HE"
    closing_days: frozenset[date] = frozenset()
    zone: ZoneInfo = BERLIN

    def is_working(self, day: date) -> bool:
        """Say whether somebody is at work on that day."""
        return (
            day.weekday() < 5
            and day not in self.closing_days
            and day not in public_holidays(self.subdivision, day.year)
        )

    def next_working_day(self, day: date) -> date:
        """Return that day if it is a working day, else the first one after it.

        Raises:
            NoWorkingDay: nobody works for a whole year.
        """
        for ordinal in range(day.toordinal(), min(day.toordinal() + _SEARCH, _LAST + 1)):
            candidate = date.fromordinal(ordinal)
            if self.is_working(candidate):
                return candidate
        message = f"no working day within a year of {day.isoformat()}: check the closing days"
        raise NoWorkingDay(message)

    def add_working_days(self, day: date, count: int) -> date:
        """Return the `count`-th working day after `day`, which itself never counts.

        Counting starts with the day after the event (§ 187 Abs. 1 BGB), so one working day from
        Friday, Saturday or Sunday is Monday. Zero is `next_working_day(day)`.

        Raises:
            ValueError: `count` is negative.
            NoWorkingDay: the calendar has too few working days.
        """
        if count < 0:
            message = f"cannot count {count} working days ahead"
            raise ValueError(message)
        if count == 0:
            return self.next_working_day(day)
        for _ in range(count):
            if day == date.max:
                message = "no working day after the end of the calendar"
                raise NoWorkingDay(message)
            day = self.next_working_day(day + _DAY)
        return day

    def working_days_between(self, first: date, last: date) -> int:
        """Count the working days after `first` up to and including `last`.

        The inverse of `add_working_days`; 0 if `last` is not after `first`. Takes time by the
        number of years and closing days, not of days, because lists ask it for every row.
        """
        if last <= first:
            return 0
        weeks, rest = divmod((last - first).days, 7)
        weekdays = 5 * weeks + sum(
            (first.weekday() + offset) % 7 < 5 for offset in range(1, rest + 1)
        )
        days_off = set(self.closing_days)
        for year in range(first.year, last.year + 1):
            days_off |= public_holidays(self.subdivision, year)
        return weekdays - sum(first < day <= last and day.weekday() < 5 for day in days_off)


def local_day(moment: datetime, zone: ZoneInfo = BERLIN) -> date:
    """Return the day that the wall calendar shows at that moment.

    Raises:
        ValueError: the moment is naive.
    """
    if moment.utcoffset() is None:
        message = f"naive datetime {moment!r}: say which time zone you mean"
        raise ValueError(message)
    return moment.astimezone(zone).date()


def end_of_day(day: date, zone: ZoneInfo = BERLIN) -> datetime:
    """Return the last second of a local day, in UTC: later than this is late.

    The last second and not the next midnight, so that the moment still shows the day it means.
    """
    return datetime.combine(day, time(23, 59, 59, fold=1), zone).astimezone(UTC)


def due_at(received_at: datetime, working_days: int, calendar: Calendar) -> datetime:
    """Return when an answer is due: the end of the n-th working day after receipt, in UTC.

    Raises:
        ValueError: `received_at` is naive or `working_days` negative.
        NoWorkingDay: the calendar has too few working days.
    """
    received = local_day(received_at, calendar.zone)
    return end_of_day(calendar.add_working_days(received, working_days), calendar.zone)


def iso_week(day: date) -> str:
    """Name the ISO 8601 week of a day, such as `2026-W48`; its year may differ from the day's."""
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}"


def monday_of(day: date) -> date:
    """Return the Monday on which the ISO week of a day begins."""
    return day - day.weekday() * _DAY


def digest_day(day: date, calendar: Calendar) -> date:
    """Return the first working day of that day's ISO week: Monday, or Tuesday after Easter.

    In a week without any working day it is the first one after it, which is the following week's
    own digest day: who asks each day for the current week then sends one digest, not two.

    Raises:
        NoWorkingDay: nobody works for a whole year.
    """
    return calendar.next_working_day(monday_of(day))


def digest_moment(day: date, calendar: Calendar, at: time = DIGEST_TIME) -> datetime:
    """Return the moment, in UTC, at which the digest of that day's ISO week goes out.

    Args:
        day: any day of the week in question.
        calendar: whose working days and zone count.
        at: local time of day.
    """
    return datetime.combine(digest_day(day, calendar), at, calendar.zone).astimezone(UTC)
