"""Exact counts of inquiries without counting them, from the rows that database triggers keep."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from inquiries.casefile.access import sees_everything
from inquiries.casefile.models import Tally
from inquiries.casefile.status import Status

if t.TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from inquiries.accounts.actors import Actor

NOBODY = 0
CELL = (Tally.carrier_id, Tally.assignee_id, Tally.status)


def counted(user: Actor) -> sa.Select[int, str, int]:
    """Return the question for what the person may see, by assignee (0: nobody) and status."""
    summed = sa.select(Tally.assignee_id, Tally.status, sa.func.sum(Tally.n)).group_by(
        Tally.assignee_id, Tally.status
    )
    if sees_everything(user):
        return summed
    return summed.where(sa.or_(Tally.carrier_id == user.carrier_id, Tally.assignee_id == user.id))


def counts_by_status(session: Session, user: Actor) -> dict[tuple[int, Status], int]:
    """Return how many inquiries the person may see, by assignee (0: nobody) and status."""
    rows = session.execute(counted(user))
    return {(assignee, Status(status)): int(n) for assignee, status, n in rows if n}


def fold(session: Session, *, at_least: int = 200) -> int:
    """Fold the rows of each cell into one; returns how many rows were taken away.

    Rows that others add meanwhile are left alone, since only rows that were read are deleted.
    """
    rows = session.execute(sa.select(Tally.id, *CELL, Tally.n)).all()
    if len(rows) < at_least:
        return 0
    sums: dict[tuple[int, int, str], int] = {}
    for _id, carrier, assignee, status, n in rows:
        cell = (carrier, assignee, status)
        sums[cell] = sums.get(cell, 0) + n
    read = [row.id for row in rows]
    for start in range(0, len(read), 10_000):
        gone = session.execute(
            sa.delete(Tally).where(Tally.id.in_(read[start : start + 10_000])).returning(Tally.id)
        ).all()
        if len(gone) != len(read[start : start + 10_000]):
            message = "two processes folded the tally at once; nothing was changed"
            raise RuntimeError(message)
    folded = [
        {"carrier_id": carrier, "assignee_id": assignee, "status": status, "n": n}
        for (carrier, assignee, status), n in sums.items()
        if n
    ]
    if folded:
        session.execute(sa.insert(Tally), folded)
    return len(read) - len(folded)
