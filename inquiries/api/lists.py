"""Reading lists: what the caller's parameters mean, and the cursor that leads on."""

from __future__ import annotations

import base64
import typing as t
from datetime import UTC, datetime

import sqlalchemy as sa

from inquiries.accounts.models import Municipality
from inquiries.accounts.municipalities import find
from inquiries.api.problems import Problem
from inquiries.api.service import colleague
from inquiries.casefile import queries
from inquiries.casefile.status import Status
from inquiries.casefile.terms import terms
from inquiries.platform import Refused
from inquiries.platform.settings import settings
from inquiries.platform.workdays import local_day

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

NONE = "none"
LARGEST = 2**63 - 1


def read(session: Session, asked: Mapping[str, t.Any], *, now: datetime) -> queries.Wanted:
    """Return what a list is to show.

    Raises:
        Problem: 422, naming the parameter that does not fit.
    """
    return queries.Wanted(
        status=Status(asked["status"]) if asked.get("status") else None,
        topic_id=_topic(session, asked["topic"]) if asked["topic"] else None,
        person_id=_person(session, asked["assignee"]) if asked["assignee"] else None,
        place=_place(session, asked["municipality"], now) if asked["municipality"] else None,
        typed=asked["q"] or "",
        since=_moment(asked["since"]) if asked["since"] else None,
        after=_position(asked["cursor"]) if asked["cursor"] else None,
    )


def cursor(position: queries.Position) -> str:
    """Return the place as text that callers hand back unread."""
    text = f"{position.at.isoformat()} {position.id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _wrong(parameter: str, detail: str) -> Problem:
    errors = [{"detail": detail, "parameter": parameter}]
    return Problem(422, "The request does not fit, see errors.", errors=errors)


def _position(text: str) -> queries.Position:
    try:
        at, number = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split(" ")
        position = queries.Position(_storable(datetime.fromisoformat(at)), int(number))
    except (ValueError, OverflowError):
        raise _wrong("cursor", "This is no next_cursor.") from None
    if not 0 <= position.id <= LARGEST:
        raise _wrong("cursor", "This is no next_cursor.")
    return position


def _storable(moment: datetime) -> datetime:
    """Return the moment in UTC.

    Raises:
        ValueError: it is naive.
        OverflowError: it lies outside the years that exist.
    """
    if moment.tzinfo is None:
        raise ValueError(moment)
    return moment.astimezone(UTC)


def _moment(text: str) -> datetime:
    """Return a moment, or the first one of a local day; a plus sign often comes as a space."""
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=settings().zone)
        return _storable(moment)
    except (ValueError, OverflowError):
        raise _wrong("since", "Not a day or moment such as 2026-11-23.") from None


def _topic(session: Session, key: str) -> int:
    if key == NONE:
        return queries.UNCLEAR
    topic = terms(session).topic(key)
    if topic is None:
        raise _wrong("topic", "There is no such topic.")
    return topic.id


def _person(session: Session, named: str) -> int:
    if named == NONE:
        return queries.NOBODY
    try:
        return colleague(session, named, former=True).id
    except Refused as refusal:
        raise _wrong("assignee", refusal.sentence) from None


def _place(session: Session, typed: str, now: datetime) -> queries.Place:
    """Return the municipality with all its keys; what nobody knows is looked for as written."""
    found = find(session, typed, local_day(now, settings().zone))
    keys = {typed, found.ags} if found else {typed}
    ids = session.scalars(sa.select(Municipality.id).where(Municipality.ags.in_(keys)))
    return queries.Place(ids=tuple(ids), names=(typed, *((found.short_name,) if found else ())))
