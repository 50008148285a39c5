"""Builds what a test starts from, by the services that the product itself uses."""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from inquiries.accounts.directory import directory
from inquiries.accounts.models import User
from inquiries.casefile import service as casefile
from inquiries.casefile.models import Channel, Inquiry
from inquiries.casefile.status import Status
from inquiries.platform.db import transaction

if t.TYPE_CHECKING:
    from sqlalchemy.orm import Session

MONDAY = datetime(2026, 11, 23, 7, 30, tzinfo=ZoneInfo("Europe/Berlin"))
"""The moment of the weekly digest in week 48."""


def person(session: Session, email: str) -> User:
    return session.scalars(sa.select(User).where(User.email == email)).one()


def an_inquiry(
    session: Session,
    subject: str,
    *,
    of: str | None = None,
    carrier: str = "lag",
    age: int = 3,
    due_in: int = 20,
    status: Status | None = None,
    since: int | None = None,
) -> Inquiry:
    """File an inquiry that came in `age` days before Monday and is due `due_in` days after it.

    `of` is the address of who has it; `since` says how many days ago it came into its status.
    """
    received = MONDAY - timedelta(days=age)
    house = directory(session)
    holder = next(entry for entry in house.carriers.values() if entry.key == carrier)
    with transaction(session):
        opening = casefile.Opening(
            subject=subject,
            body="Frage",
            channel=Channel.FORM,
            requester_name="Jörg Müller",
            requester_email="j.mueller@stadt.example",
            municipality_name="Gießen",
            received_at=received,
            due_at=MONDAY.replace(hour=23, minute=59) + timedelta(days=due_in),
            carrier_id=holder.id,
        )
        reference = casefile.next_reference(session, "ZSZ", received.date())
        inquiry = casefile.open_file(session, reference, opening, by=None)
        if of is not None:
            advisor = next(entry for entry in house.people.values() if entry.email == of)
            casefile.hand_to(session, inquiry, holder, advisor, [], by=None, now=received)
        if status is not None:
            moved = MONDAY - timedelta(days=age if since is None else since)
            if status in {Status.WAITING_FOR_REQUESTER, Status.CLOSED}:
                casefile.set_status(session, inquiry, Status.IN_PROGRESS, by=None, now=moved)
            casefile.set_status(session, inquiry, status, by=None, now=moved)
        casefile.file_away(session, inquiry, opening.body)
    return inquiry
