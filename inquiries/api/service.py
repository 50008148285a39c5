"""What machines do with files: the same elementary writes that people do at their desks."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from inquiries.accounts.directory import directory
from inquiries.casefile import service as casefile
from inquiries.casefile.status import Status, may_move
from inquiries.casefile.terms import terms
from inquiries.mail import outbox
from inquiries.platform import Refused
from inquiries.platform.settings import settings

if t.TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from inquiries.accounts.actors import Machine
    from inquiries.accounts.directory import PersonEntry
    from inquiries.casefile.models import Inquiry, Message


@dataclass(frozen=True)
class Signature:
    """Who signs the letter of an answer that a machine has written."""

    name: str
    title: str
    phone: str


def colleague(session: Session, named: str, *, former: bool = False) -> PersonEntry:
    """Return the colleague with this key or address, `former` ones only where they matter.

    Raises:
        Refused: when there is none.
    """
    for person in directory(session).people.values():
        if (person.active or former) and named.lower() in (person.key.lower(), person.email):
            return person
    raise Refused("Diese Person gibt es nicht oder nicht mehr.", field="assignee")


def change(
    session: Session, inquiry: Inquiry, wanted: Mapping[str, t.Any], *, by: Machine, now: datetime
) -> None:
    """Change topic, assignee and status, as far as they are named.

    Raises:
        Refused: when the topic or the person does not exist, or no way leads to the status.
    """
    if "topic" in wanted:
        topic = terms(session).topic(wanted["topic"])
        if topic is None or not topic.active:
            raise Refused("Dieses Themenfeld gibt es nicht.", field="topic")
        casefile.correct_topic(session, inquiry, topic, by=by, now=now)
    if "assignee" in wanted:
        _hand_over(session, inquiry, wanted["assignee"], by=by, now=now)
    if "status" in wanted:
        _move(session, inquiry, Status(wanted["status"]), by=by, now=now)


def _hand_over(
    session: Session, inquiry: Inquiry, named: str | None, *, by: Machine, now: datetime
) -> None:
    house = directory(session)
    because = f"Übergeben durch „{by.name}“."
    if named is None:
        carrier = house.carriers[inquiry.carrier_id]
        casefile.hand_to(session, inquiry, carrier, None, [because], by=by, now=now)
        return
    person = colleague(session, named)
    if person.id == inquiry.assignee_id:
        return
    carrier = house.carriers[person.carrier_id]
    casefile.hand_to(session, inquiry, carrier, person, [because], by=by, now=now)
    facts = {
        "centre": house.centre,
        "inquiry": inquiry,
        "by": by,
        "because": because,
        "url": f"{settings().base_url}/anfragen/{inquiry.reference}",
    }
    to = outbox.Recipient(person.email, person.name)
    outbox.queue(session, "reassigned", to, facts, about=inquiry.reference, now=now)


def _move(
    session: Session, inquiry: Inquiry, status: Status, *, by: Machine, now: datetime
) -> None:
    if status == Status.ASSIGNED and inquiry.assignee_id is None:
        raise Refused("Nennen Sie dazu die Person in „assignee“.", field="status")
    if status == Status.NEW and inquiry.assignee_id is not None:
        raise Refused("Geben Sie dazu „assignee“: null an.", field="status")
    casefile.set_status(session, inquiry, status, by=by, now=now)


def answer(session: Session, inquiry: Inquiry, body: str, *, by: Machine, now: datetime) -> Message:
    """Write an answer that the requester gets by mail and sees on the status page."""
    message = casefile.add_answer(session, inquiry, body, by=by, now=now)
    if may_move(Status(inquiry.status), Status.ANSWERED):
        casefile.set_status(session, inquiry, Status.ANSWERED, by=by, now=now)
    if inquiry.requester_email:
        facts = {
            "centre": directory(session).centre,
            "inquiry": inquiry,
            "body": body,
            "author": _signature(session, inquiry),
            "status_url": casefile.issue_status_link(session, inquiry, now=now),
        }
        to = outbox.Recipient(inquiry.requester_email, inquiry.requester_name)
        outbox.queue(
            session, "answer", to, facts, about=inquiry.reference, now=now, automatic=False
        )
    return message


def _signature(session: Session, inquiry: Inquiry) -> Signature:
    house = directory(session)
    person = house.people.get(inquiry.assignee_id or 0)
    if person:
        return Signature(person.name, person.title, person.phone)
    return Signature(house.centre.name, "", house.centre.phone)
