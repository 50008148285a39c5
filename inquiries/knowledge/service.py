"""What do we know already: text modules, and inquiries like this one that were answered."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

import sqlalchemy as sa

from inquiries.casefile import search
from inquiries.casefile.access import visible_clause
from inquiries.casefile.models import Channel, Inquiry, Message
from inquiries.casefile.status import Status
from inquiries.knowledge.models import TextModule
from inquiries.knowledge.rules import most_similar, telling_words
from inquiries.platform.snapshot import Snapshot
from inquiries.platform.text import query_words, search_words

if t.TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from inquiries.accounts.actors import Actor

SHOWN = 5
LOOKED_FOR = 12
LOOKED_AT = 150
EXCERPT = 280
ANSWERED = [str(Status.ANSWERED), str(Status.CLOSED)]


@dataclass(frozen=True)
class Module:
    """A text module as the desk offers it."""

    key: str
    title: str
    body: str
    topic_key: str


@dataclass(frozen=True)
class Similar:
    """An answered inquiry like the one at hand; `answer` is the beginning of its last answer."""

    reference: str
    subject: str
    municipality: str
    received_at: datetime
    answer: str


def _read(session: Session) -> tuple[Module, ...]:
    rows = session.scalars(sa.select(TextModule).order_by(TextModule.position, TextModule.id))
    return tuple(Module(row.key, row.title, row.body, row.topic_key) for row in rows)


_modules = Snapshot(_read)


def text_modules(session: Session, topic_key: str) -> tuple[Module, ...]:
    """Return the text modules that fit a topic: its own first, then the ones for every topic."""
    modules = _modules(session)
    own = tuple(module for module in modules if module.topic_key and module.topic_key == topic_key)
    return own + tuple(module for module in modules if not module.topic_key)


def text_module(session: Session, key: str) -> Module | None:
    """Return the text module with this key, whatever topic it belongs to."""
    return next((module for module in _modules(session) if module.key == key), None)


def similar(session: Session, user: Actor, inquiry: Inquiry, question: str) -> list[Similar]:
    """Return answered inquiries of the same topic that are like this one, most similar first.

    They share words of subject or question; the newest that share one are looked at.
    """
    asked = telling_words(query_words(f"{inquiry.subject}\n{question}"), LOOKED_FOR)
    if not asked or inquiry.topic_id is None:
        return []
    sharing = search.with_words(session, asked, every=False)
    rows = session.execute(
        sa.select(Inquiry.id, Inquiry.reference, Inquiry.subject, Inquiry.municipality_name)
        .add_columns(Inquiry.received_at, Message.author_id, Message.channel, Message.body)
        .join(Message, Message.inquiry_id == Inquiry.id)
        .where(
            visible_clause(user),
            Inquiry.topic_id == inquiry.topic_id,
            Inquiry.status.in_(ANSWERED),
            Inquiry.id != inquiry.id,
            Inquiry.id.in_(sharing),
            Message.internal.is_(False),
        )
        .order_by(Inquiry.received_at.desc(), Inquiry.id.desc(), Message.id)
        .limit(LOOKED_AT)
    ).all()
    return _best(asked, rows)


def _best(asked: list[str], rows: t.Sequence[t.Any]) -> list[Similar]:
    found: dict[int, Similar] = {}
    words: dict[int, frozenset[str]] = {}
    for key, reference, subject, municipality, received_at, author, channel, body in rows:
        met = frozenset(search_words(f"{subject}\n{body}").split())
        words[key] = words.get(key, frozenset()) | met
        if author is not None or channel == Channel.STAFF:
            answer = _beginning(body)
            found[key] = Similar(reference, subject, municipality, received_at, answer)
    answered = {key: met for key, met in words.items() if key in found}
    return [found[key] for key in most_similar(asked, answered, SHOWN)]


def _beginning(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= EXCERPT else f"{line[:EXCERPT].rsplit(' ', 1)[0]} …"
