"""Monday morning: everybody gets her work list once, and nothing that needs a hand gets lost."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
import sqlalchemy as sa

from inquiries.accounts.directory import directory
from inquiries.accounts.models import Absence, Role, User
from inquiries.casefile.models import Inquiry
from inquiries.casefile.status import Status
from inquiries.mail.models import OutgoingMail
from inquiries.platform.db import transaction
from inquiries.platform.snapshot import changed
from inquiries.platform.web import db
from inquiries.reminders import service
from inquiries.reminders.service import DigestsMissing, digest_of, send_weekly_digests
from tests.builders import MONDAY, an_inquiry, person
from tests.conftest import ADVISOR, COORDINATOR, OTHER_ADVISOR, PARTNER

WEEK = timedelta(days=7)


@pytest.fixture
def session(either_app):
    """Work on each of the two databases, with nobody away but who the test sends away."""
    with transaction(db.session) as session:
        session.execute(sa.delete(Absence))
        changed(session)
    return db.session


@pytest.fixture
def send(session):
    def send(now=MONDAY):
        result = send_weekly_digests(db.sessionmaker, now)
        session.rollback()
        return result

    return send


def away(session, email, deputy=None, *, last_day=date(2026, 11, 27)):
    with transaction(session):
        session.add(
            Absence(
                user_id=person(session, email).id,
                deputy_id=person(session, deputy).id if deputy else None,
                first_day=date(2026, 11, 20),
                last_day=last_day,
            )
        )
        changed(session)


def _text(raw):
    return message_from_bytes(raw, policy=default).get_content().replace("\r\n", "\n")


def letters(session, address):
    """Return subject and text of all mails to an address."""
    mails = session.scalars(
        sa.select(OutgoingMail)
        .where(OutgoingMail.recipient == address)
        .order_by(OutgoingMail.id)
        .options(sa.orm.undefer(OutgoingMail.raw))
    )
    return [(mail.subject, _text(mail.raw)) for mail in mails.all()]


def only_letter(session, address):
    (letter,) = letters(session, address)
    return letter


def test_a_work_list_says_what_to_do_first_and_why(send, session):
    late = an_inquiry(session, "Überfälliges", of=ADVISOR, age=14, due_in=-4)
    soon = an_inquiry(session, "Bald Fälliges", of=ADVISOR, age=5, due_in=2)
    waiting = an_inquiry(
        session, "Langes Warten", of=ADVISOR, age=40, status=Status.WAITING_FOR_REQUESTER, since=30
    )
    new = an_inquiry(session, "Ganz Neues", of=ADVISOR, age=1)
    an_inquiry(session, "Erledigtes", of=ADVISOR, age=9, status=Status.CLOSED)
    assert send() == "1 Wochenübersicht geschrieben."
    subject, text = only_letter(session, ADVISOR)
    assert subject == "Wochenübersicht KW 48: 4 Anfragen, 1 überfällig"
    order = [text.index(word) for word in ("ÜBERFÄLLIG (1)", "DIESE WOCHE FÄLLIG (1)")]
    order += [text.index(word) for word in ("WARTET SCHON LANGE (1)", "NEU (1)")]
    assert order == sorted(order)
    assert (
        f"* {late.reference}, Gießen, 10 Arbeitstage alt\n"
        "  Überfälliges\n"
        "  überfällig seit 2 Arbeitstagen\n"
        f"  http://anlaufstelle.example/anfragen/{late.reference}\n"
    ) in text
    for inquiry in (soon, waiting, new):
        assert text.count(f"* {inquiry.reference}") == 1
    assert "Erledigtes" not in text


def test_who_has_nothing_to_do_gets_no_mail(send, session):
    an_inquiry(session, "Ruht", of=ADVISOR, status=Status.IN_PROGRESS, due_in=20)
    assert send() == "0 Wochenübersichten geschrieben."
    assert letters(session, ADVISOR) == []


def test_each_person_gets_one_list_a_week_however_often_it_is_asked_for(send, session):
    an_inquiry(session, "Eins", of=ADVISOR)
    an_inquiry(session, "Zwei", of=OTHER_ADVISOR)
    assert send() == "2 Wochenübersichten geschrieben."
    an_inquiry(session, "Drei", of=ADVISOR)
    assert send(MONDAY + timedelta(days=2)) == ("0 Wochenübersichten geschrieben; 2 gab es schon.")
    assert len(letters(session, ADVISOR)) == 1
    send(MONDAY + WEEK)
    assert len(letters(session, ADVISOR)) == 2
    keys = set(session.scalars(sa.select(OutgoingMail.once)))
    lara, mirjam = person(session, ADVISOR).id, person(session, OTHER_ADVISOR).id
    assert keys == {f"digest:2026-W{week}:{who}" for week in (48, 49) for who in (lara, mirjam)}


def test_also_when_five_ask_at_the_same_moment(session):
    an_inquiry(session, "Eins", of=ADVISOR)
    an_inquiry(session, "Zwei", of=OTHER_ADVISOR)
    factory, start, results = db.sessionmaker, threading.Barrier(5), []

    def ask():
        start.wait()
        results.append(send_weekly_digests(factory, MONDAY))

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    session.rollback()
    assert len(results) == 5
    assert len(letters(session, ADVISOR)) == len(letters(session, OTHER_ADVISOR)) == 1


def test_it_is_never_sent_twice_when_nobody_knows_whether_it_arrived(send, session):
    an_inquiry(session, "Eins", of=ADVISOR)
    send()
    assert session.scalar(sa.select(OutgoingMail.repeatable)) is False


def test_the_deputy_gets_the_list_beside_her_own_and_reads_whose_it_is(send, session):
    an_inquiry(session, "Laras Sache", of=ADVISOR)
    an_inquiry(session, "Mirjams Sache", of=OTHER_ADVISOR)
    away(session, ADVISOR, deputy=OTHER_ADVISOR)
    assert send() == "2 Wochenübersichten geschrieben."
    assert letters(session, ADVISOR) == []
    lara = person(session, ADVISOR).name
    (first, one), (second, two) = sorted(letters(session, OTHER_ADVISOR))
    assert first == f"Wochenübersicht KW 48 in Vertretung für {lara}: 1 Anfrage"
    assert f"{lara} ist heute nicht da, Sie übernehmen die Vertretung." in one
    assert "Laras Sache" in one
    assert "Mirjams Sache" not in one
    assert second == "Wochenübersicht KW 48: 1 Anfrage"
    assert "Mirjams Sache" in two


def test_the_coordination_gets_the_list_when_nobody_stands_in(send, session):
    an_inquiry(session, "Laras Sache", of=ADVISOR)
    away(session, ADVISOR)
    send()
    _subject, text = only_letter(session, COORDINATOR)
    lara = person(session, ADVISOR).name
    assert f"--- Liste von {lara}: nicht da, ohne Vertretung ---" in text
    assert "Laras Sache" in text


def test_the_coordination_gets_what_nobody_has(send, session):
    an_inquiry(session, "Niemandes Sache")
    send()
    subject, text = only_letter(session, COORDINATOR)
    assert subject == "Wochenübersicht KW 48: 1 Anfrage"
    assert "niemandem zugewiesen ---" in text
    assert "Niemandes Sache" in text


def test_a_queue_without_a_coordination_of_its_own_goes_to_the_others(send, session):
    an_inquiry(session, "Sache des Partners", carrier="ha")
    send()
    assert "Sache des Partners" in only_letter(session, COORDINATOR)[1]


def test_then_to_the_administration_and_in_the_end_the_result_says_so(send, session):
    an_inquiry(session, "Niemandes Sache")
    with transaction(session):
        for user in session.scalars(sa.select(User).where(User.role != Role.ADVISOR)):
            user.active = user.role == Role.ADMINISTRATOR
        changed(session)
    assert send() == "1 Wochenübersicht geschrieben."
    with transaction(session):
        session.execute(sa.update(User).values(role=Role.ADVISOR))
        changed(session)
    assert "1 Anfragen ohne Empfänger:in" in send(MONDAY + WEEK)


def test_what_belongs_to_somebody_who_has_left_is_not_lost(send, session):
    an_inquiry(session, "Sache von früher", of=ADVISOR)
    with transaction(session):
        person(session, ADVISOR).active = False
        changed(session)
    send()
    assert letters(session, ADVISOR) == []
    assert "Sache von früher" in only_letter(session, COORDINATOR)[1]


def test_one_list_that_cannot_be_written_keeps_nobody_elses(send, session, monkeypatch):
    an_inquiry(session, "Laras Sache", of=ADVISOR)
    an_inquiry(session, "Sache des Partners", of=PARTNER, carrier="ha")
    broken = person(session, ADVISOR).id
    write = service._write

    def fail(session, parcel, now):
        if parcel.owner == broken:
            raise OSError("template is gone")
        return write(session, parcel, now)

    with monkeypatch.context() as patched:
        patched.setattr(service, "_write", fail)
        with pytest.raises(DigestsMissing, match="1 of 2"):
            send()
    session.rollback()
    assert len(letters(session, PARTNER)) == 1
    assert send() == "1 Wochenübersicht geschrieben; 1 gab es schon."


def test_a_preview_shows_the_list_and_uses_up_nothing(send, session):
    an_inquiry(session, "Laras Sache", of=ADVISOR)
    parcel = digest_of(session, person(session, ADVISOR).id, MONDAY)
    assert parcel.total == 1
    assert digest_of(session, person(session, OTHER_ADVISOR).id, MONDAY) is None
    assert session.scalar(sa.select(sa.func.count()).select_from(OutgoingMail)) == 0
    assert send() == "1 Wochenübersicht geschrieben."


def test_a_very_long_list_is_cut_and_says_by_how_much(send, session):
    for number in range(43):
        an_inquiry(session, f"Sache {number}", of=ADVISOR)
    send()
    subject, text = only_letter(session, ADVISOR)
    assert "43 Anfragen" in subject
    assert text.count("* ZSZ-") == 40
    assert "… und 3 weitere" in text


def test_the_number_of_questions_to_the_database_does_not_grow(session):
    asked = []
    listener = lambda *args: asked.append(args[2])  # noqa: E731 - must be the same object to remove
    counts = []
    for _ in range(2):
        for number in range(5):
            an_inquiry(session, f"Sache {number}", of=ADVISOR)
        directory(session)
        session.rollback()
        session.info.clear()
        sa.event.listen(db.engine, "before_cursor_execute", listener)
        digest_of(session, person(session, ADVISOR).id, MONDAY)
        sa.event.remove(db.engine, "before_cursor_execute", listener)
        counts.append(len(asked))
        asked.clear()
    assert counts[0] == counts[1] <= 6
    assert session.scalar(sa.select(sa.func.count()).select_from(Inquiry)) == 10
