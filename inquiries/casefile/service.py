"""The elementary writes on a file, used by both desks (intake and casework).

Each writes its entry into the history. None of them sends anything or commits.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from inquiries.casefile import history, search
from inquiries.casefile.models import (
    CHANNEL_NAMES,
    Attachment,
    Channel,
    Inquiry,
    Message,
    ReferenceCounter,
    StatusLink,
)
from inquiries.casefile.status import Status, may_move
from inquiries.casefile.terms import terms
from inquiries.platform import Outdated, Refused
from inquiries.platform.settings import settings
from inquiries.platform.tokens import digest, new_token

if t.TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from inquiries.accounts.actors import Actor
    from inquiries.accounts.directory import CarrierEntry, PersonEntry
    from inquiries.casefile.terms import Term
    from inquiries.platform.files import StoredFile

STATUS_PATH = "/stand/"
HANDED_OVER = {Status.ASSIGNED, Status.IN_PROGRESS}


@dataclass(frozen=True)
class Upload:
    """A file that came with a message; its bytes are stored already."""

    filename: str
    content_type: str
    stored: StoredFile


@dataclass(frozen=True)
class Opening:
    """All that is known when a file is opened."""

    subject: str
    body: str
    channel: Channel
    requester_name: str
    requester_email: str
    received_at: datetime
    due_at: datetime
    carrier_id: int
    requester_phone: str = ""
    organisation: str = ""
    own_reference: str = ""
    wished_for: date | None = None
    municipality_id: int | None = None
    municipality_name: str = ""
    requester_group_id: int | None = None
    kind_id: int | None = None
    intake_key: str | None = None
    uploads: tuple[Upload, ...] = ()


COUNT_UP = sa.text(
    "INSERT INTO reference_counter (year, last) VALUES (:year, 1)"
    " ON CONFLICT (year) DO UPDATE SET last = reference_counter.last + 1 RETURNING last"
)
"""Written out: both databases know it, and building it anew costs more than running it."""


def next_reference(session: Session, prefix: str, day: date) -> str:
    """Give the next reference of the year, such as ZSZ-2026-00042.

    Counted in the caller's transaction: what is rolled back leaves no gap.
    """
    number = session.scalar(COUNT_UP, {"year": day.year})
    return f"{prefix}-{day.year}-{number:05d}"


def take_back_reference(session: Session, day: date) -> None:
    """Take back the reference that this transaction was given, as it is not needed."""
    session.execute(
        sa.update(ReferenceCounter)
        .where(ReferenceCounter.year == day.year)
        .values(last=ReferenceCounter.last - 1)
    )


def open_file(session: Session, reference: str, opening: Opening, *, by: Actor | None) -> Inquiry:
    """Open the file of an inquiry with its first message; it has no topic and no advisor yet.

    It is not written before `file_away`, so that what is decided meanwhile costs no second write.
    """
    at = opening.received_at
    inquiry = Inquiry(
        reference=reference,
        intake_key=opening.intake_key,
        subject=opening.subject,
        channel=opening.channel,
        requester_name=opening.requester_name,
        requester_email=opening.requester_email,
        requester_phone=opening.requester_phone,
        organisation=opening.organisation,
        own_reference=opening.own_reference,
        wished_for=opening.wished_for,
        municipality_id=opening.municipality_id,
        municipality_name=opening.municipality_name,
        requester_group_id=opening.requester_group_id,
        kind_id=opening.kind_id,
        carrier_id=opening.carrier_id,
        status=Status.NEW,
        received_at=at,
        due_at=opening.due_at,
        status_since=at,
        touched_at=at,
    )
    session.add(inquiry)
    channel = CHANNEL_NAMES[opening.channel]
    history.record(session, inquiry, history.Received(channel=channel), by=by, now=at)
    _write(session, inquiry, opening.body, None, opening.channel, opening.uploads, now=at)
    return inquiry


def file_away(session: Session, inquiry: Inquiry, body: str) -> None:
    """Write a new file with all that was decided about it, and make it findable."""
    session.flush()
    search.index(session, inquiry.id, _searchable(inquiry), body)


def _searchable(inquiry: Inquiry) -> str:
    told = [inquiry.subject, inquiry.reference, inquiry.requester_name, inquiry.requester_email]
    told += [inquiry.organisation, inquiry.municipality_name, inquiry.own_reference]
    return "\n".join(told)


def _write(
    session: Session,
    inquiry: Inquiry,
    body: str,
    author: Actor | None,
    channel: Channel,
    uploads: Sequence[Upload],
    *,
    now: datetime,
    internal: bool = False,
) -> Message:
    message = Message(
        inquiry=inquiry,
        author_id=author.id if author else None,
        author_name=author.name if author else inquiry.requester_name,
        internal=internal,
        channel=channel,
        body=body,
        created_at=now,
        attachments=[
            Attachment(
                inquiry=inquiry,
                filename=upload.filename,
                content_type=upload.content_type,
                size=upload.stored.size,
                sha256=upload.stored.sha256,
                storage_key=upload.stored.storage_key,
            )
            for upload in uploads
        ],
    )
    session.add(message)
    inquiry.touched_at = now
    return message


def add_question(
    session: Session,
    inquiry: Inquiry,
    body: str,
    *,
    channel: Channel,
    uploads: Sequence[Upload] = (),
    now: datetime,
) -> Message:
    """Add what the requester wrote later."""
    entry = history.RequesterWrote(channel=CHANNEL_NAMES[channel])
    history.record(session, inquiry, entry, by=None, now=now)
    search.append(session, inquiry.id, body)
    return _write(session, inquiry, body, None, channel, uploads, now=now)


def add_answer(
    session: Session,
    inquiry: Inquiry,
    body: str,
    *,
    by: Actor,
    channel: Channel = Channel.STAFF,
    uploads: Sequence[Upload] = (),
    now: datetime,
) -> Message:
    """Add an answer, which the requester sees."""
    history.record(session, inquiry, history.Answered(), by=by, now=now)
    search.append(session, inquiry.id, body)
    if inquiry.first_answer_at is None:
        inquiry.first_answer_at = now
    return _write(session, inquiry, body, by, channel, uploads, now=now)


def add_note(session: Session, inquiry: Inquiry, body: str, *, by: Actor, now: datetime) -> Message:
    """Add an internal note, which no requester ever sees."""
    history.record(session, inquiry, history.Noted(), by=by, now=now)
    search.append(session, inquiry.id, body)
    return _write(session, inquiry, body, by, Channel.STAFF, (), now=now, internal=True)


def set_status(
    session: Session, inquiry: Inquiry, new: Status, *, by: Actor | None, now: datetime
) -> bool:
    """Move the file to another status; returns False where it is there already.

    Raises:
        Refused: when the move is not allowed.
    """
    old = Status(inquiry.status)
    if old == new:
        return False
    if not may_move(old, new):
        sentence = f"Von „{old.label}“ führt kein Weg nach „{new.label}“."
        raise Refused(sentence, status=409)
    inquiry.status = new
    inquiry.status_since = now
    inquiry.touched_at = now
    entry = history.StatusChanged(old=old, new=new)
    history.record(session, inquiry, entry, by=by, now=now)
    return True


def correct_topic(
    session: Session, inquiry: Inquiry, topic: Term, *, by: Actor, now: datetime
) -> bool:
    """Let a person decide the topic; returns False where she confirms it."""
    old = terms(session).topic(inquiry.topic_id)
    confirmed = inquiry.topic_id == topic.id
    if confirmed and inquiry.topic_source == "staff":
        return False
    inquiry.topic_source = "staff"
    inquiry.touched_at = now
    if confirmed:
        history.record(session, inquiry, history.TopicConfirmed(topic.name), by=by, now=now)
        return False
    inquiry.topic_id = topic.id
    entry = history.TopicCorrected(old=old.name if old else "unklar", new=topic.name)
    history.record(session, inquiry, entry, by=by, now=now)
    return True


def hand_to(
    session: Session,
    inquiry: Inquiry,
    carrier: CarrierEntry,
    person: PersonEntry | None,
    because: Sequence[str],
    *,
    by: Actor | None,
    now: datetime,
) -> None:
    """Give the file to a person, or into the carrier's queue when `person` is None."""
    changes_hands = inquiry.assignee_id != (person.id if person else None)
    inquiry.carrier_id = carrier.id
    inquiry.assignee_id = person.id if person else None
    inquiry.assignment_reasons = list(because)
    inquiry.touched_at = now
    reason = " ".join(because)
    if person is None:
        entry: object = history.Queued(carrier=carrier.short_name, because=reason)
        history.record(session, inquiry, entry, by=by, now=now)
        if inquiry.status in HANDED_OVER:
            set_status(session, inquiry, Status.NEW, by=by, now=now)
        return
    history.record(session, inquiry, history.Assigned(to=person.name), by=by, now=now)
    entry = history.AssignmentReason(to=person.name, because=reason)
    history.record(session, inquiry, entry, by=by, now=now)
    if inquiry.status == Status.NEW or (changes_hands and inquiry.status == Status.IN_PROGRESS):
        set_status(session, inquiry, Status.ASSIGNED, by=by, now=now)


def issue_status_link(session: Session, inquiry: Inquiry, *, now: datetime) -> str:
    """Return a new link to the status page; only the digest of its token is kept."""
    token = new_token()
    session.add(StatusLink(digest=digest(token), inquiry=inquiry, issued_at=now))
    return f"{settings().base_url}{STATUS_PATH}{token}"


def inquiry_of_link(session: Session, token: str) -> Inquiry | None:
    """Return the inquiry that a status link opens, or None."""
    found = (
        sa.select(Inquiry)
        .join(StatusLink, StatusLink.inquiry_id == Inquiry.id)
        .where(StatusLink.digest == digest(token))
    )
    return session.scalar(found)


def expect_version(inquiry: Inquiry, seen: int) -> None:
    """Refuse to work on a file that has changed since the user opened it.

    Raises:
        Outdated: when `seen` is not the version in force.
    """
    if inquiry.version != seen:
        sentence = "Diese Anfrage hat sich geändert, seit Sie sie geöffnet haben."
        raise Outdated(sentence)
