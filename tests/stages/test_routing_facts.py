"""What the rules are told about an inquiry: where it comes from, and who advised there before."""

from __future__ import annotations

from datetime import UTC, date, datetime

import sqlalchemy as sa

from inquiries.accounts.models import Absence, Municipality
from inquiries.casefile.models import Channel, Inquiry
from inquiries.intake.service import Submission, receive
from inquiries.platform.db import transaction
from inquiries.platform.snapshot import changed
from inquiries.routing.models import RoutingRule
from tests.builders import person
from tests.conftest import ADVISOR, NOW, OTHER_ADVISOR


def filed(session, **changes) -> Inquiry:
    asked = {
        "subject": "Frage",
        "body": "Wie geht das?",
        "channel": Channel.PHONE,
        "requester_name": "Jörg Müller",
        "topic": "beteiligung",
        **changes,
    }
    with transaction(session):
        return receive(session, Submission(**asked), by=None, now=NOW).inquiry


def a_municipality(session) -> Municipality:
    hanau = Municipality(ags="06415000", name="Hanau", short_name="Hanau", search_name="|hanau|")
    with transaction(session):
        session.add(hanau)
    return hanau


def test_who_advised_a_municipality_before_gets_it_again_with_and_without_a_register(session):
    advisors = {email: person(session, email).id for email in (ADVISOR, OTHER_ADVISOR)}
    hanau = a_municipality(session)
    registered = {"municipality_id": hanau.id, "municipality_name": "Hanau"}
    for place in ({"municipality_name": "Gießen"}, registered):
        for advisor in (*advisors.values(), *advisors.values()):
            filed(session, assign_to=advisor, **place)
            assert filed(session, **place).assignee_id == advisor


def test_two_who_name_no_place_have_nothing_in_common(session):
    filed(session, assign_to=person(session, OTHER_ADVISOR).id)
    reasons = " ".join(filed(session).assignment_reasons)
    assert "zuletzt beraten" not in reasons


def test_a_rule_for_a_municipality_decides(session):
    hanau = a_municipality(session)
    with transaction(session):
        carrier_id = person(session, OTHER_ADVISOR).carrier_id
        first = session.scalar(sa.select(sa.func.min(RoutingRule.position)))
        session.add(
            RoutingRule(
                position=first - 1,
                municipality_ags=hanau.ags,
                carrier_id=carrier_id,
                people=[person(session, OTHER_ADVISOR).key],
            )
        )
        changed(session)
    here = filed(session, municipality_id=hanau.id, municipality_name="Hanau")
    assert here.assignee_id == person(session, OTHER_ADVISOR).id
    assert "Für Hanau gilt eine eigene Regel." in here.assignment_reasons
    elsewhere = filed(session, municipality_name="Gießen")
    assert "eine eigene Regel" not in " ".join(elsewhere.assignment_reasons)


def test_what_comes_on_saturday_goes_to_nobody_whose_leave_begins_on_monday(session):
    away, stays = (person(session, email).id for email in (ADVISOR, OTHER_ADVISOR))
    monday, friday = date(2026, 11, 30), date(2026, 12, 4)
    with transaction(session):
        session.add(Absence(user_id=away, deputy_id=stays, first_day=monday, last_day=friday))
        changed(session)
    saturday = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)
    asked = filed(session, body="Frau Lebriez, haben Sie einen Rat?", received_at=saturday)
    assert asked.assignee_id == stays
