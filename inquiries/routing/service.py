"""Gathers the facts and lets the rules decide."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from inquiries.accounts.directory import directory
from inquiries.accounts.models import Municipality
from inquiries.casefile.models import Inquiry, Tally
from inquiries.casefile.status import OPEN
from inquiries.casefile.terms import terms
from inquiries.platform.snapshot import Snapshot
from inquiries.routing.models import RoutingRule
from inquiries.routing.rules import Absence, Decision, Facts, Person, Rule, choose

if t.TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session


def _read_rules(session: Session) -> tuple[Rule, ...]:
    house = directory(session)
    by_key = {person.key: person.id for person in house.people.values()}
    return tuple(
        Rule(
            position=row.position,
            carrier=house.carriers[row.carrier_id].key,
            topic=row.topic_key or None,
            kind=row.kind_key or None,
            requester_group=row.requester_group_key or None,
            municipality=row.municipality_ags or None,
            people=tuple(by_key[key] for key in row.people),
        )
        for row in session.scalars(sa.select(RoutingRule).order_by(RoutingRule.position))
    )


rules = Snapshot(_read_rules)


def decide(session: Session, inquiry: Inquiry, *, day: date, named: int | None) -> Decision:
    """Decide who takes care of an inquiry on a day; changes nothing.

    Args:
        session: where the facts come from.
        inquiry: the file, with its topic set, or without one: then a person looks at it.
        day: local day on which somebody has to be there.
        named: the colleague whom the message names or addresses.
    """
    house = directory(session)
    words = terms(session)
    topic = words.topic(inquiry.topic_id)
    kind = words.kind(inquiry.kind_id)
    group = words.group(inquiry.requester_group_id)
    facts = Facts(
        topic=topic.key if topic else None,
        topic_name=topic.name if topic else "",
        kind=kind.key if kind else None,
        kind_name=kind.name if kind else "",
        requester_group=group.key if group else None,
        requester_group_name=group.name if group else "",
        municipality=_municipality_key(session, inquiry),
        municipality_name=inquiry.municipality_name,
        fallback_carrier=house.carriers[house.centre.fallback_carrier_id].key,
        carrier_names={carrier.key: carrier.short_name for carrier in house.carriers.values()},
        people=staff(session),
        open_cases=_open_cases(session) if topic else {},
        former_advisor=_former_advisor(session, inquiry) if topic else None,
        addressed_to=named,
    )
    return choose(rules(session), facts, absences(session), day)


def staff(session: Session) -> dict[int, Person]:
    """Return everybody as the rules know people."""
    house = directory(session)
    return {
        person.id: Person(
            person.id, person.name, house.carriers[person.carrier_id].key, person.active
        )
        for person in house.people.values()
    }


def absences(session: Session) -> tuple[Absence, ...]:
    """Return who is away when, as the rules know absences."""
    return tuple(
        Absence(entry.person_id, entry.first_day, entry.last_day, entry.deputy_id)
        for entry in directory(session).absences
    )


def _municipality_key(session: Session, inquiry: Inquiry) -> str | None:
    """Return the official key of the municipality, if any rule asks for one."""
    if inquiry.municipality_id is None or not any(rule.municipality for rule in rules(session)):
        return None
    key = sa.select(Municipality.ags).where(Municipality.id == inquiry.municipality_id)
    return session.scalar(key)


def _open_cases(session: Session) -> dict[int, int]:
    counted = (
        sa.select(Tally.assignee_id, sa.func.sum(Tally.n))
        .where(Tally.status.in_([*OPEN]), Tally.assignee_id != 0)
        .group_by(Tally.assignee_id)
    )
    return {person: int(n) for person, n in session.execute(counted)}


def _former_advisor(session: Session, inquiry: Inquiry) -> int | None:
    """Return who had the newest other inquiry of this municipality.

    Where it is not one of the register it counts if it was typed the same way before.
    """
    if inquiry.municipality_id is not None:
        same = Inquiry.municipality_id == inquiry.municipality_id
    elif inquiry.municipality_name:
        same = Inquiry.municipality_name == inquiry.municipality_name
    else:
        return None
    return session.scalar(
        sa.select(Inquiry.assignee_id)
        .where(
            same,
            Inquiry.id != inquiry.id,
            Inquiry.assignee_id.is_not(None),
        )
        .order_by(Inquiry.received_at.desc(), Inquiry.id.desc())
        .limit(1)
    )
