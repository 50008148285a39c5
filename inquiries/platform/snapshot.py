"""Snapshots of what rarely changes: the catalogue's people, topics, rules, calendars.

Every page needs them and nobody changes them more than a few times a day. Each process keeps what
it has read as frozen values until the stamp in the database moves; whoever changes such a table
calls `changed` in the same transaction. So all processes and machines are right at once, for the
price of one small query a session.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from inquiries.platform.db import STAMP, Base, insert_for

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

Value = t.TypeVar("Value")

ONLY_ROW = 1


class Stamp(Base):
    """Counts the changes of the tables that snapshots are made of."""

    __tablename__ = "stamp"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]


def changed(session: Session) -> None:
    """Tell all processes that a table behind a snapshot has changed.

    Until the end of its transaction this session reads the tables anew each time, and what it sees
    is not kept: the transaction may still be rolled back, and its number given to another change.
    """
    counted = (
        insert_for(session, Stamp)
        .values(id=ONLY_ROW, number=1)
        .on_conflict_do_update(index_elements=[Stamp.id], set_={"number": Stamp.number + 1})
    )
    session.execute(counted)
    session.info[STAMP] = None


def number() -> sa.ScalarSelect[int]:
    """Return the stamp as a column, for a query that is asked anyway; see `remember`."""
    return sa.select(Stamp.number).where(Stamp.id == ONLY_ROW).scalar_subquery()


def remember(session: Session, stamp: int | None) -> None:
    """Keep what this session has read as its stamp, so that it need not ask."""
    session.info[STAMP] = (str(session.get_bind().engine.url), stamp or 0)


def stamp_of(session: Session) -> tuple[str, int] | None:
    """Return which state of which database this session sees, None after a change of its own.

    Asked once a session, and again after each writing.
    """
    if STAMP not in session.info:
        remember(session, session.scalar(sa.select(number())))
    return t.cast("tuple[str, int] | None", session.info[STAMP])


class Snapshot(t.Generic[Value]):
    """A value made from the database once, and again after `changed`."""

    def __init__(self, make: Callable[[Session], Value]) -> None:
        self._make = make
        self._kept: tuple[tuple[str, int], Value] | None = None

    def __call__(self, session: Session) -> Value:
        """Return the value that holds for this session."""
        stamp = stamp_of(session)
        if stamp is None:
            return self._make(session)
        kept = self._kept
        if kept is None or kept[0] != stamp:
            kept = (stamp, self._make(session))
            self._kept = kept
        return kept[1]
