"""The weekly digest: gathers what is open, and writes each person's work list into the outbox."""

from __future__ import annotations

import typing as t
from collections import defaultdict

import sqlalchemy as sa
import structlog

from inquiries.accounts.directory import directory
from inquiries.accounts.models import Role
from inquiries.casefile.models import Inquiry
from inquiries.casefile.status import Status
from inquiries.mail.outbox import Recipient, queue
from inquiries.platform.db import transaction
from inquiries.platform.settings import settings
from inquiries.platform.workdays import iso_week, local_day
from inquiries.reminders.post import Parcel, Part, Staff, Work, of_owner, pack
from inquiries.reminders.rules import Line
from inquiries.routing.service import absences, staff

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from inquiries.accounts.directory import Directory

log = structlog.get_logger()

RANKS = {Role.COORDINATOR: 0, Role.ADMINISTRATOR: 1}
"""Who oversees a queue; lower comes first."""

COLUMNS = (
    Inquiry.reference,
    Inquiry.subject,
    Inquiry.municipality_name,
    Inquiry.status,
    Inquiry.received_at,
    Inquiry.status_since,
    Inquiry.due_at,
    Inquiry.assignee_id,
    Inquiry.carrier_id,
)


class DigestsMissing(RuntimeError):
    """Some digests could not be written; those that were stay written."""


def send_weekly_digests(session_factory: Callable[[], Session], now: datetime) -> str:
    """Write the digest of the ISO week of `now` to everybody who has something to do.

    Each person's list exists once a week by the key of its row, whoever runs this and how often;
    each is written in a transaction of its own. Returns a German sentence.

    Raises:
        DigestsMissing: when one of them failed; to be run again.
    """
    written, failed = 0, 0
    with session_factory() as session:
        parcels, lost = _packed(session, now)
        for parcel in parcels:
            try:
                with transaction(session):
                    written += _write(session, parcel, now)
            except Exception:
                # One list that cannot be written must not keep the others from their readers.
                log.exception("digest.failed", owner=parcel.owner)
                failed += 1
    if failed:
        message = f"{failed} of {len(parcels)} digests could not be written"
        raise DigestsMissing(message)
    return _summary(written, len(parcels) - written, lost)


def digest_of(session: Session, person: int, now: datetime) -> Parcel | None:
    """Return what a person's digest would hold at that moment, or None if there is nothing.

    For a preview: changes nothing and uses up nothing.
    """
    parcels, _lost = _packed(session, now)
    return of_owner(parcels, person)


def _packed(session: Session, now: datetime) -> tuple[tuple[Parcel, ...], tuple[Part, ...]]:
    """Pack all digests; the number of queries depends neither on people nor on inquiries."""
    house = directory(session)
    overseers = [
        (person.id, RANKS[person.role]) for person in house.people.values() if person.role in RANKS
    ]
    people = Staff(
        people=staff(session),
        overseers=overseers,
        absences=absences(session),
        carrier_names={carrier.key: carrier.short_name for carrier in house.carriers.values()},
    )
    day = local_day(now, house.calendar.zone)
    return pack(_open_work(session, house), people, day, house.calendar)


def _open_work(session: Session, house: Directory) -> Work:
    of_person: dict[int, list[Line]] = defaultdict(list)
    of_queue: dict[str, list[Line]] = defaultdict(list)
    for row in session.execute(sa.select(*COLUMNS).where(Inquiry.is_open)):
        line = Line(
            reference=row.reference,
            subject=row.subject,
            municipality=row.municipality_name,
            status=Status(row.status),
            received_at=row.received_at,
            status_since=row.status_since,
            due_at=row.due_at,
        )
        if row.assignee_id is None:
            of_queue[house.carriers[row.carrier_id].key].append(line)
        else:
            of_person[row.assignee_id].append(line)
    return Work(of_person, of_queue)


def _write(session: Session, parcel: Parcel, now: datetime) -> bool:
    house = directory(session)
    reader = house.people[parcel.recipient]
    owner = house.people[parcel.owner]
    week = iso_week(local_day(now, house.calendar.zone))
    context = {
        "centre": house.centre,
        "week": int(week.rpartition("W")[2]),
        "parcel": parcel,
        "absent": owner.name if owner.id != reader.id else "",
        "inquiries_url": f"{settings().base_url}/anfragen",
    }
    mail = queue(
        session,
        "weekly_digest",
        Recipient(reader.email, reader.name),
        context,
        now=now,
        once=f"digest:{week}:{parcel.owner}",
        repeatable=False,
    )
    return mail is not None


def _summary(written: int, earlier: int, lost: tuple[Part, ...]) -> str:
    told = [f"{written} {'Wochenübersicht' if written == 1 else 'Wochenübersichten'} geschrieben"]
    if earlier:
        told.append(f"{earlier} gab es schon")
    if lost:
        number = sum(len(part.digest) for part in lost)
        log.error("digest.nobody", inquiries=number)
        told.append(f"{number} Anfragen ohne Empfänger:in, bitte Koordination einrichten")
    return f"{'; '.join(told)}."
