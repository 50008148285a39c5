"""What machines do with files: the same deeds that people do at their desks."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from inquiries.accounts.directory import directory
from inquiries.casefile import service as casefile
from inquiries.casefile.status import FINAL, Status
from inquiries.casework import service as desk
from inquiries.mail import outbox
from inquiries.platform import Refused

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
    """Change topic, assignee and status, as far as they are named and differ.

    Raises:
        Refused: when the topic or the person does not exist, or no way leads to the status.
    """
    if "topic" in wanted:
        # Who names the assignee, too, wants no rule to decide it.
        reroute = "assignee" not in wanted
        correction = desk.Correction(inquiry.version, wanted["topic"], reroute)
        desk.correct_topic(session, inquiry, correction, by=by, now=now)
    if "assignee" in wanted:
        _hand_over(session, inquiry, wanted["assignee"], by=by, now=now)
    if wanted.get("status", inquiry.status) != inquiry.status:
        _move(session, inquiry, Status(wanted["status"]), by=by, now=now)


def _hand_over(
    session: Session, inquiry: Inquiry, named: str | None, *, by: Machine, now: datetime
) -> None:
    person = colleague(session, named) if named is not None else None
    if inquiry.assignee_id == (person.id if person else None):
        return
    to = desk.Handover(
        inquiry.version,
        because=f"Übergeben durch „{by.name}“.",
        person_id=person.id if person else None,
        carrier_id=None if person else inquiry.carrier_id,
    )
    desk.hand_over(session, inquiry, to, by=by, now=now)


def _move(session: Session, inquiry: Inquiry, to: Status, *, by: Machine, now: datetime) -> None:
    try:
        desk.move(session, inquiry, desk.Move(inquiry.version, to), by=by, now=now)
    except Refused as refusal:
        if refusal.field != "to":
            raise
        sentence = "Nennen Sie dazu die Person in „assignee“, oder null für den Eingangskorb."
        raise Refused(sentence, field="status") from refusal


def answer(session: Session, inquiry: Inquiry, body: str, *, by: Machine, now: datetime) -> Message:
    """Write an answer that the requester gets by mail and sees on the status page.

    The letter is signed by whoever takes care, not by a machine.

    Raises:
        Refused: when the inquiry is closed or spam.
    """
    if inquiry.status in FINAL:
        raise Refused("Diese Anfrage ist erledigt. Setzen Sie zuerst ihren Stand.", status=409)
    message = casefile.add_answer(session, inquiry, body, by=by, now=now)
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
