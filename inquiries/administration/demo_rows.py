"""Lay down many rows at once, past the object mapper, which would take ten times as long."""

from __future__ import annotations

import json
import typing as t
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from inquiries.casefile.models import Event, Inquiry, Message, ReferenceCounter
from inquiries.platform.db import insert_for

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy.orm import Session

INQUIRY = [column.name for column in Inquiry.__table__.columns if not column.computed]
MESSAGE = [column.name for column in Message.__table__.columns if column.name != "id"]
EVENT = [column.name for column in Event.__table__.columns if column.name != "id"]


@dataclass
class Rows:
    """What a chunk adds to the tables."""

    inquiry: list[dict[str, t.Any]] = field(default_factory=list)
    message: list[dict[str, t.Any]] = field(default_factory=list)
    event: list[dict[str, t.Any]] = field(default_factory=list)
    search: list[dict[str, t.Any]] = field(default_factory=list)

    def lay_down(self, session: Session) -> None:
        """Write all of it, in the caller's transaction."""
        _insert(session, "inquiry", INQUIRY, self.inquiry)
        _insert(session, "message", MESSAGE, self.message)
        _insert(session, "event", EVENT, self.event)
        key = "rowid" if _is_sqlite(session) else "inquiry_id"
        found = [{key: row["id"], "words": row["words"]} for row in self.search]
        _insert(session, "inquiry_search", [key, "words"], found)


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def reserve_ids(session: Session, count: int) -> list[int]:
    """Take ids that nobody else gets: our transaction holds SQLite's only pen; else a sequence."""
    if _is_sqlite(session):
        last = session.scalar(sa.select(sa.func.max(Inquiry.id))) or 0
        return list(range(last + 1, last + 1 + count))
    series = sa.text("SELECT nextval('inquiry_id_seq') FROM generate_series(1, :count)")
    return sorted(session.scalars(series, {"count": count}))


def reserve_references(session: Session, prefix: str, years: Sequence[int]) -> list[str]:
    """Count up the references by one for each inquiry, given the year that each came in."""
    free: dict[int, int] = {}
    for year, count in Counter(years).items():
        counted = (
            insert_for(session, ReferenceCounter)
            .values(year=year, last=count)
            .on_conflict_do_update(
                index_elements=[ReferenceCounter.year],
                set_={"last": ReferenceCounter.last + count},
            )
            .returning(ReferenceCounter.last)
        )
        free[year] = (session.scalar(counted) or 0) - count
    references = []
    for year in years:
        free[year] += 1
        references.append(f"{prefix}-{year}-{free[year]:05d}")
    return references


def _insert(
    session: Session, table: str, columns: Sequence[str], rows: Iterable[dict[str, t.Any]]
) -> None:
    driver = session.connection().connection.cursor()
    names = ", ".join(columns)
    if _is_sqlite(session):
        marks = ", ".join("?" * len(columns))
        driver.executemany(
            f"INSERT INTO {table} ({names}) VALUES ({marks})",  # noqa: S608 - our own names
            [_converted(row, columns, SQLITE_CONVERSIONS) for row in rows],
        )
        return
    with t.cast("t.Any", driver).copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(_converted(row, columns, CONVERSIONS))


def _moment(value: datetime) -> str:
    """Write a UTC moment as SQLite keeps it."""
    return value.isoformat(" ", "microseconds")[:26]


CONVERSIONS: dict[type, Callable[[t.Any], str]] = {dict: json.dumps, list: json.dumps}
SQLITE_CONVERSIONS = CONVERSIONS | {datetime: _moment}


def _converted(
    row: dict[str, t.Any], columns: Sequence[str], conversions: dict[type, Callable[[t.Any], str]]
) -> list[object]:
    values = [row[column] for column in columns]
    return [
        conversions[type(value)](value) if type(value) in conversions else value for value in values
    ]
