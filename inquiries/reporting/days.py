"""Local days in the database: both kinds count by them without fetching rows."""

from __future__ import annotations

import typing as t
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import sqlalchemy as sa

if t.TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sqlalchemy.orm import InstrumentedAttribute, Session

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the moment at which a local day begins, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


@lru_cache(maxsize=64)
def clock_changes(zone: ZoneInfo, first: int, last: int) -> tuple[tuple[datetime, int], ...]:
    """Return when the zone's offset changes from year to year: moment, seconds from then on.

    The first moment is the beginning of the first year.
    """
    moment = start_of(date(first, 1, 1), zone)
    found = [(moment, _offset(moment, zone))]
    while moment.year <= last:
        if _offset(moment + DAY, zone) != found[-1][1]:
            while _offset(moment, zone) == found[-1][1]:
                moment += HOUR
            found.append((moment, _offset(moment, zone)))
        moment += DAY
    return tuple(found)


def _offset(moment: datetime, zone: ZoneInfo) -> int:
    offset = moment.astimezone(zone).utcoffset() or timedelta()
    return int(offset.total_seconds())


def local_day(
    session: Session,
    column: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
    zone: ZoneInfo,
    years: tuple[int, int],
) -> sa.ColumnElement[str]:
    """Return the local day of a moment as SQL, such as 2026-11-23.

    PostgreSQL knows time zones. SQLite does not, so it is told when the clocks change; a moment
    outside of `years` counts with the nearest offset.
    """
    if session.get_bind().dialect.name != "sqlite":
        local = sa.func.timezone(zone.key, column)
        return sa.func.to_char(local, "YYYY-MM-DD", type_=sa.String())
    changes = clock_changes(zone, *years)
    seconds: sa.ColumnElement[str] = sa.literal(_shift(changes[0][1]))
    if len(changes) > 1:
        later = [(column >= moment, _shift(offset)) for moment, offset in reversed(changes[1:])]
        seconds = sa.case(*later, else_=_shift(changes[0][1]))
    return sa.func.date(column, seconds, type_=sa.String())


def _shift(seconds: int) -> str:
    return f"{seconds:+d} seconds"
