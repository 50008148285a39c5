"""Who takes care: carries out what rules or people decide, and tells the new advisor."""

from __future__ import annotations

import typing as t

from inquiries.accounts.directory import directory
from inquiries.casefile import service as casefile
from inquiries.casefile.status import WAITING, Status
from inquiries.mail import outbox
from inquiries.platform.settings import settings
from inquiries.platform.workdays import local_day
from inquiries.routing import service as routing

if t.TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from inquiries.accounts.actors import Actor
    from inquiries.accounts.directory import CarrierEntry, Directory, PersonEntry
    from inquiries.casefile.models import Inquiry


def route(
    session: Session, inquiry: Inquiry, text: str, *, by: Actor | None, now: datetime
) -> None:
    """Give the inquiry to whom the rules name, or into a queue.

    Args:
        text: what was asked; a colleague whom it names or addresses comes first.
    """
    house = directory(session)
    decision = routing.decide(
        session,
        inquiry,
        day=_day_of_work(house, now),
        named=house.addressed_in(text),
    )
    carrier = next(c for c in house.carriers.values() if c.key == decision.carrier)
    person = house.people[decision.person] if decision.person else None
    give(session, inquiry, carrier, person, decision.because, by=by, now=now)


def give(
    session: Session,
    inquiry: Inquiry,
    carrier: CarrierEntry,
    person: PersonEntry | None,
    because: Sequence[str],
    *,
    by: Actor | None,
    now: datetime,
) -> None:
    """Give the file to a person, or into a queue, where nothing waits: somebody has to see it."""
    if person is None and inquiry.status in WAITING:
        casefile.set_status(session, inquiry, Status.IN_PROGRESS, by=by, now=now)
    casefile.hand_to(session, inquiry, carrier, person, because, by=by, now=now)


def _day_of_work(house: Directory, now: datetime) -> date:
    """Return the day on which somebody has to be there: what comes on Saturday waits for Monday."""
    return house.calendar.next_working_day(local_day(now, house.calendar.zone))


def route_again(session: Session, inquiry: Inquiry, *, by: Actor, now: datetime) -> bool:
    """Ask the rules again after the topic has changed; returns whether the file changed hands.

    Whoever has the file keeps it, if the new topic is one of hers too: a correction is no reason
    to begin anew.
    """
    house = directory(session)
    decision = routing.decide(session, inquiry, day=_day_of_work(house, now), named=None)
    rule = next((r for r in routing.rules(session) if r.position == decision.rule), None)
    if rule and inquiry.assignee_id in rule.people:
        return False
    carrier = next(c for c in house.carriers.values() if c.key == decision.carrier)
    person = house.people[decision.person] if decision.person else None
    same_person = inquiry.assignee_id == (person.id if person else None)
    if same_person and inquiry.carrier_id == carrier.id:
        return False
    before = inquiry.assignee_id
    give(session, inquiry, carrier, person, decision.because, by=by, now=now)
    if inquiry.assignee_id != before:
        tell_new_advisor(session, inquiry, decision.because, by=by, now=now)
    return True


def tell_new_advisor(
    session: Session, inquiry: Inquiry, because: Sequence[str], *, by: Actor, now: datetime
) -> None:
    """Write to who has the file now, unless she took it herself."""
    house = directory(session)
    person = house.people.get(inquiry.assignee_id or 0)
    if person is None or person.id == by.id:
        return
    outbox.queue(
        session,
        "reassigned",
        outbox.Recipient(person.email, person.name),
        {
            "centre": house.centre,
            "inquiry": inquiry,
            "by": by,
            "because": " ".join(because),
            "url": f"{settings().base_url}/anfragen/{inquiry.reference}",
        },
        about=inquiry.reference,
        now=now,
    )
