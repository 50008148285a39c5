"""The list of outgoing mail: found by state and words, in pages by key."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import undefer

from inquiries.mail.models import MailState, OutgoingMail

if t.TYPE_CHECKING:
    from sqlalchemy.orm import Session

PAGE = 50
MOST_WORDS = 12
"""Words of a search that count: databases refuse conditions of a thousand parts."""


@dataclass(frozen=True)
class Page:
    """A part of the list, newest first, and the keys of the parts beside it."""

    rows: list[OutgoingMail]
    newer: int | None
    older: int | None


def listed(
    session: Session,
    *,
    state: MailState | None = None,
    typed: str = "",
    before: int | None = None,
    after: int | None = None,
) -> Page:
    """Return a page of letters; `before` and `after` are ids of letters at a page's edge."""
    wanted = sa.select(OutgoingMail)
    if state:
        wanted = wanted.where(OutgoingMail.state == state)
    for word in typed.split()[:MOST_WORDS]:
        wanted = wanted.where(
            sa.or_(
                OutgoingMail.subject.icontains(word, autoescape=True),
                OutgoingMail.recipient.icontains(word, autoescape=True),
                OutgoingMail.recipient_name.icontains(word, autoescape=True),
                OutgoingMail.about.icontains(word, autoescape=True),
            )
        )
    if after is not None:
        ascending = wanted.where(OutgoingMail.id > after).order_by(OutgoingMail.id)
        rows = list(session.scalars(ascending.limit(PAGE + 1)))
        more, rows = len(rows) > PAGE, rows[:PAGE][::-1]
        return Page(rows, rows[0].id if more else None, rows[-1].id if rows else None)
    if before is not None:
        wanted = wanted.where(OutgoingMail.id < before)
    rows = list(session.scalars(wanted.order_by(OutgoingMail.id.desc()).limit(PAGE + 1)))
    more, rows = len(rows) > PAGE, rows[:PAGE]
    newer = rows[0].id if rows and before is not None else None
    return Page(rows, newer, rows[-1].id if more else None)


def counts(session: Session) -> dict[str, int]:
    """Return how many letters there are of each state."""
    counted = sa.select(OutgoingMail.state, sa.func.count()).group_by(OutgoingMail.state)
    return dict(session.execute(counted).all())


def found(session: Session, mail_id: int) -> OutgoingMail | None:
    """Return a letter with its bytes."""
    return session.get(OutgoingMail, mail_id, options=[undefer(OutgoingMail.raw)])
