"""The centre's own words: topics, kinds of request, requester groups."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

import sqlalchemy as sa

from inquiries.casefile.models import Kind, RequesterGroup, Topic
from inquiries.platform.snapshot import Snapshot

if t.TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Term:
    """A topic, kind or group as forms and filters show it."""

    id: int
    key: str
    name: str
    active: bool
    description: str = ""


@dataclass(frozen=True)
class Terms:
    """All words, in the catalogue's order; also the ones that are no longer in use."""

    topics: tuple[Term, ...]
    kinds: tuple[Term, ...]
    groups: tuple[Term, ...]

    def topic(self, key_or_id: str | int | None) -> Term | None:
        """Return the topic with this key or id."""
        return _find(self.topics, key_or_id)

    def kind(self, key_or_id: str | int | None) -> Term | None:
        """Return the kind with this key or id."""
        return _find(self.kinds, key_or_id)

    def group(self, key_or_id: str | int | None) -> Term | None:
        """Return the requester group with this key or id."""
        return _find(self.groups, key_or_id)


def _find(those: tuple[Term, ...], key_or_id: str | int | None) -> Term | None:
    if not key_or_id:
        return None
    return next((term for term in those if key_or_id in (term.id, term.key)), None)


def _read(session: Session) -> Terms:
    topics = session.scalars(sa.select(Topic).order_by(Topic.position))
    kinds = session.scalars(sa.select(Kind).order_by(Kind.position))
    groups = session.scalars(sa.select(RequesterGroup).order_by(RequesterGroup.position))
    return Terms(
        topics=tuple(
            Term(row.id, row.key, row.name, row.active, row.description) for row in topics
        ),
        kinds=tuple(Term(row.id, row.key, row.name, row.active) for row in kinds),
        groups=tuple(Term(row.id, row.key, row.name, row.active) for row in groups),
    )


terms = Snapshot(_read)
