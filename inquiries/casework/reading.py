"""All that the inquiry page shows of a file, read in a constant number of statements."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

import sqlalchemy as sa

from inquiries.casefile import history
from inquiries.casefile.models import CHANNEL_NAMES, Attachment, Channel, Event, Message

if t.TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from inquiries.casefile.models import Inquiry

FOLLOWED_BY = {"assigned": "assignment_reason"}
"""A public entry and the internal one behind it that says the same and more."""


class File(t.NamedTuple):
    """An attachment."""

    id: int
    name: str
    size: int


class Said(t.NamedTuple):
    """A part of the conversation; `kind` is question, answer or note."""

    id: int
    kind: str
    author: str
    at: datetime
    channel: str
    text: str
    files: Sequence[File]


class Happened(t.NamedTuple):
    """An entry of the history."""

    id: int
    at: datetime
    text: str
    by: str
    internal: bool


@dataclass(frozen=True)
class Reading:
    """Conversation and history of a file, oldest first."""

    said: list[Said]
    happened: list[Happened]

    @property
    def newest(self) -> int:
        """Return the number of the newest entry, by which one tells later what is new since."""
        return self.happened[-1].id if self.happened else 0

    @property
    def question(self) -> str:
        """Return what was asked first."""
        return self.said[0].text if self.said else ""


def read(session: Session, inquiry: Inquiry) -> Reading:
    """Read the conversation and the history of a file."""
    return Reading(_said(session, inquiry), _happened(session, inquiry, since=0))


def since(session: Session, inquiry: Inquiry, seen: int) -> Reading:
    """Read what has been said and done since somebody saw a file.

    Args:
        seen: number of the newest entry that she saw.
    """
    happened = _happened(session, inquiry, since=seen)
    if not happened:
        return Reading([], [])
    said = [one for one in _said(session, inquiry) if one.at >= happened[0].at]
    return Reading(said, happened)


def _said(session: Session, inquiry: Inquiry) -> list[Said]:
    files: dict[int, list[File]] = {}
    attached = sa.select(
        Attachment.message_id, Attachment.id, Attachment.filename, Attachment.size
    ).where(Attachment.inquiry_id == inquiry.id)
    for message_id, key, name, size in session.execute(attached.order_by(Attachment.id)):
        files.setdefault(message_id, []).append(File(key, name, size))
    columns = (Message.id, Message.author_id, Message.author_name, Message.internal)
    rows = session.execute(
        sa.select(*columns, Message.created_at, Message.channel, Message.body)
        .where(Message.inquiry_id == inquiry.id)
        .order_by(Message.id)
    )
    return [
        Said(
            id=row.id,
            kind=_kind(row.channel, row.author_id, internal=row.internal),
            author=row.author_name,
            at=row.created_at,
            channel=CHANNEL_NAMES[Channel(row.channel)],
            text=row.body,
            files=files.get(row.id, ()),
        )
        for row in rows
    ]


def _kind(channel: str, author_id: int | None, *, internal: bool) -> str:
    """Return question, answer or note; what a machine writes for the centre has no author."""
    if internal:
        return "note"
    return "answer" if author_id is not None or channel == Channel.STAFF else "question"


def _happened(session: Session, inquiry: Inquiry, *, since: int) -> list[Happened]:
    columns = (Event.id, Event.at, Event.actor_name, Event.kind, Event.public, Event.data)
    rows = session.execute(
        sa.select(*columns)
        .where(Event.inquiry_id == inquiry.id, Event.id > since)
        .order_by(Event.id)
    ).all()
    followers = [row.kind for row in rows[1:]] + [""]
    return [
        Happened(
            row.id,
            row.at,
            history.sentence(t.cast("Event", row)),
            row.actor_name,
            internal=not row.public,
        )
        for row, follower in zip(rows, followers, strict=True)
        if FOLLOWED_BY.get(row.kind) != follower
    ]
