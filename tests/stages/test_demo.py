"""A demonstration: realistic inquiries that the product itself could have brought about."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa

from inquiries.accounts.models import User
from inquiries.administration import demo, demo_bulk, demo_people
from inquiries.casefile import search
from inquiries.casefile.models import Event, Inquiry, Message, Tally
from inquiries.casefile.status import OPEN, Status, may_move
from inquiries.mail.models import MailState, OutgoingMail
from inquiries.platform import Refused
from inquiries.platform.db import transaction
from inquiries.platform.web import db
from tests.conftest import NOW


def file_of(session, inquiry):
    """Return all that people see of an inquiry, without its number."""
    messages = session.execute(
        sa.select(
            Message.author_id,
            Message.author_name,
            Message.internal,
            Message.channel,
            Message.body,
            Message.created_at,
        )
        .where(Message.inquiry_id == inquiry.id)
        .order_by(Message.id)
    ).all()
    events = session.execute(
        sa.select(Event.at, Event.actor_id, Event.actor_name, Event.kind, Event.public, Event.data)
        .where(Event.inquiry_id == inquiry.id)
        .order_by(Event.id)
    ).all()
    left_out = {"id", "reference", "intake_key", "version"}
    columns = {
        column.name: getattr(inquiry, column.name)
        for column in Inquiry.__table__.columns
        if column.name not in left_out
    }
    return columns, messages, events


def all_inquiries(session):
    session.expire_all()
    return list(session.scalars(sa.select(Inquiry).order_by(Inquiry.id)))


def test_rows_written_at_once_are_those_that_the_services_write(either_app):
    session = db.session
    with transaction(session):
        coordinator = demo_people.ensure_people(session, with_passwords=False)
    stories = list(demo._stories(session, 60, 4, NOW))
    for story in stories:
        with transaction(session):
            demo.play(session, story, 4, coordinator)
    played = [file_of(session, inquiry) for inquiry in all_inquiries(session)]
    words = search_index(session)
    with transaction(session):
        for table in [
            "message",
            "event",
            "status_link",
            "inquiry_search",
            "inquiry",
            "reference_counter",
        ]:
            session.execute(sa.delete(sa.table(table)))
    desk = demo_bulk.Desk(session, coordinator.id, 4)
    with transaction(session):
        demo_bulk.write(session, desk, stories)
    for played_one, inquiry in zip(played, all_inquiries(session), strict=True):
        assert file_of(session, inquiry) == played_one
    for played_words, written_words in zip(words, search_index(session), strict=True):
        assert Counter(played_words.split()) == Counter(written_words.split())


def search_index(session):
    """Return the words of all inquiries, oldest first."""
    key = "rowid" if session.get_bind().dialect.name == "sqlite" else "inquiry_id"
    words = sa.select(sa.column("words")).select_from(sa.table("inquiry_search"))
    return session.scalars(words.order_by(sa.column(key))).all()


def test_a_small_demonstration_shows_a_living_centre(app, session):
    made = demo.fill(session, 40, 1, now=NOW)
    inquiries = all_inquiries(session)
    assert made == len(inquiries) == 40
    states = Counter(inquiry.status for inquiry in inquiries)
    done = sum(n for status, n in states.items() if status not in OPEN)
    assert done >= 0.7 * 40
    assert len(states) >= 5
    assert all(inquiry.received_at < NOW for inquiry in inquiries)
    assert [inquiry.reference for inquiry in inquiries] == sorted(i.reference for i in inquiries)
    mails = session.scalars(sa.select(OutgoingMail.state)).all()
    assert set(mails) == {MailState.SUPPRESSED}


def test_a_large_demonstration_is_consistent(either_app):
    session = db.session
    assert demo.fill(session, 2_500, 7, now=NOW) == 2_500
    inquiries = all_inquiries(session)
    assert len({inquiry.reference for inquiry in inquiries}) == 2_500
    still_open = [inquiry for inquiry in inquiries if inquiry.status in OPEN]
    assert 30 < len(still_open) < 0.1 * 2_500
    recent = [one for one in still_open if NOW - one.received_at < timedelta(weeks=12)]
    assert len(recent) > 0.8 * len(still_open)
    for inquiry in inquiries:
        assert inquiry.received_at <= inquiry.status_since <= inquiry.touched_at <= NOW
        assert (inquiry.assignee_id is None) <= (inquiry.status in {"new", "spam"})
    counted = Counter((i.carrier_id, i.assignee_id or 0, i.status) for i in inquiries)
    cell = (Tally.carrier_id, Tally.assignee_id, Tally.status)
    tally = session.execute(sa.select(*cell, sa.func.sum(Tally.n)).group_by(*cell)).all()
    assert {tuple(row[:3]): row[3] for row in tally if row[3]} == dict(counted)
    moves = session.scalars(sa.select(Event.data).where(Event.kind == "status_changed")).all()
    assert all(may_move(Status(move["old"]), Status(move["new"])) for move in moves)
    messages = session.scalar(sa.select(sa.func.count()).select_from(Message))
    assert 2.3 < messages / 2_500 < 3.7
    condition, hits = search.matching(session, "Quastenflosser")
    assert hits == 3
    assert len(session.scalars(sa.select(Inquiry.id).where(condition)).all()) == 3


def test_new_inquiries_continue_after_a_demonstration(either_app):
    session = db.session
    demo.fill(session, 160, 7, now=NOW)
    demo.fill(session, 3, 8, now=NOW, add=True)
    references = [inquiry.reference for inquiry in all_inquiries(session)]
    assert len(set(references)) == 163


def test_the_same_seed_tells_the_same_stories(app, session):
    stories = list(demo._stories(session, 200, 3, NOW))
    assert stories == list(demo._stories(session, 200, 3, NOW))
    assert stories != list(demo._stories(session, 200, 4, NOW))


def test_running_it_again_adds_nothing(app, session):
    demo.fill(session, 5, 1, now=NOW)
    with pytest.raises(Refused, match="schon 5 Demo-Anfragen"):
        demo.fill(session, 5, 1, now=NOW)
    with pytest.raises(Refused, match="mit anderem Seed"):
        demo.fill(session, 5, 2, now=NOW)
    assert demo.fill(session, 7, 1, now=NOW) == 2
    assert len(all_inquiries(session)) == 7


def test_demo_people_get_a_password_only_for_a_demonstration(app, session):
    with transaction(session):
        demo_people.ensure_people(session, with_passwords=False)
    assert demo_people.logins(session) == []
    with transaction(session):
        demo_people.ensure_people(session, with_passwords=True)
    lines = demo_people.logins(session)
    assert lines[0] == "Demo log-in: lara.lebriez@lagsbh.de / demo-anlaufstelle (advisor)"
    assert lines[-1].endswith("(administrator)")
    assert len(session.scalars(sa.select(User).where(User.demo)).all()) == len(lines)


def test_a_password_of_ones_own_is_never_replaced(app, session):
    with transaction(session):
        lara = session.scalars(sa.select(User).where(User.key == "lebriez")).one()
        lara.password_hash = "her own"
        demo_people.ensure_people(session, with_passwords=True)
    assert (lara.password_hash, lara.demo) == ("her own", False)
