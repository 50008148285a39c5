"""The municipality follows its inquiry by link, and adds to it."""

from __future__ import annotations

import io
import re
import threading
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
import sqlalchemy as sa
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy.orm import sessionmaker
from structlog.testing import capture_logs

from inquiries.accounts.actors import Machine
from inquiries.accounts.directory import directory
from inquiries.accounts.models import User
from inquiries.casefile import service as casefile
from inquiries.casefile.models import Attachment, Event, Inquiry, Message, StatusLink
from inquiries.casefile.status import Status
from inquiries.intake.models import ReceivedReply
from inquiries.mail.models import OutgoingMail
from inquiries.platform import clock, files
from inquiries.platform.db import transaction
from inquiries.platform.snapshot import changed
from inquiries.platform.tokens import digest
from inquiries.platform.web import db, limiter
from inquiries.timetable.uploads import clear_uploads
from tests.conftest import ADVISOR, COORDINATOR
from tests.filing import filed_link, form_key


@pytest.fixture
def link(client):
    """A link to an inquiry that was just filed."""
    return filed_link(client, topic="beteiligung")


def the_inquiry():
    db.session.expire_all()
    return db.session.scalars(sa.select(Inquiry)).one()


def advisor():
    return db.session.scalars(sa.select(User).where(User.email == ADVISOR)).one()


def move(*path):
    with transaction(db.session) as session:
        inquiry = session.scalars(sa.select(Inquiry)).one()
        for status in path:
            casefile.set_status(session, inquiry, status, by=advisor(), now=clock.now())


def reply(client, link, body="Hier ist noch etwas.", **changes):
    return client.post(link, data={"form_key": form_key(), "body": body, **changes})


def messages():
    db.session.rollback()  # see what others wrote meanwhile
    return db.session.scalars(sa.select(Message).order_by(Message.id)).all()


def test_the_page_says_how_far_it_is_who_answers_and_by_when(client, link):
    page = client.get(link)
    inquiry = the_inquiry()
    assert page.status_code == 200
    assert inquiry.reference in page.text
    assert "Stand: zugeordnet" in page.text
    assert Status.ASSIGNED.public_sentence in page.text
    assert "069 257828-4" in page.text
    assert "Antwort voraussichtlich bis" in page.text
    assert "welche Formate der Bürgerbeteiligung" in page.text


def test_only_the_digest_of_the_token_is_kept(client, link, session):
    token = link.rsplit("/", 1)[1]
    assert digest(token) in session.scalars(sa.select(StatusLink.digest)).all()
    whole = "\n".join(session.connection().connection.iterdump())  # every row there is
    mails = session.scalars(sa.select(OutgoingMail.raw)).all()
    assert whole.count(token) == 0
    assert mails


def test_the_address_of_the_page_travels_nowhere_and_is_not_indexed(client, link):
    for path in (link, "/stand/there-is-no-such-link"):
        headers = client.get(path).headers
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in headers["X-Robots-Tag"]
        assert headers["Cache-Control"] == "no-store"


def test_the_language_can_be_chosen_on_a_page_whose_address_travels_nowhere(
    app, client, link, monkeypatch
):
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    https = {"base_url": "https://localhost"}
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(link, **https).text)
    typed = {"csrf_token": token[1], "sprache": "en", "zurueck": link}
    # The browser tells no page where it comes from, not even our own.
    assert client.post("/sprache", data=typed, **https).status_code == 303


def test_looking_changes_nothing(client, link, session):
    before = session.scalar(sa.text("SELECT total_changes()"))
    client.get(link)
    client.head(link)
    assert session.scalar(sa.text("SELECT total_changes()")) == before
    assert the_inquiry().version == 1


def test_internal_notes_and_reasons_stay_inside(client, link):
    with transaction(db.session) as session:
        inquiry = session.scalars(sa.select(Inquiry)).one()
        casefile.add_note(
            session, inquiry, "Die Stadt ist schwierig.", by=advisor(), now=clock.now()
        )
        casefile.add_answer(
            session, inquiry, "Gute Erfahrungen gibt es.", by=advisor(), now=clock.now()
        )
    page = client.get(link).text
    assert "Gute Erfahrungen gibt es." in page
    assert "schwierig" not in page
    assert "interne Notiz" not in page
    assert "Ausschlaggebend" not in page


def test_a_reply_reaches_the_advisor_and_the_history(client, link):
    answer = reply(client, link, "Es geht um Familien mit kleinen Kindern.")
    assert (answer.status_code, answer.location) == (303, link)
    page = client.get(link).text
    assert "Ihre Nachricht ist angekommen." in page
    assert "Es geht um Familien mit kleinen Kindern." in page
    letters = db.session.scalars(sa.select(OutgoingMail.letter)).all()
    assert letters.count("message_from_requester") == 1
    kinds = db.session.scalars(sa.select(Event.kind).order_by(Event.id)).all()
    assert kinds[-1] == "requester_wrote"
    assert the_inquiry().status == Status.ASSIGNED


def told_of_the_reply():
    replies = sa.select(OutgoingMail).where(OutgoingMail.letter == "message_from_requester")
    return db.session.scalars(replies.order_by(OutgoingMail.id)).all()


def test_a_reply_to_what_nobody_has_reaches_those_who_coordinate(client, link):
    with transaction(db.session) as session:
        inquiry = session.scalars(sa.select(Inquiry)).one()
        house = directory(session)
        queue = house.carriers[inquiry.carrier_id]
        casefile.hand_to(session, inquiry, queue, None, ["Test."], by=None, now=clock.now())
    reply(client, link, "Noch etwas Wichtiges.")
    [mail] = told_of_the_reply()
    assert mail.recipient == COORDINATOR
    assert (
        "gerade niemand für die Anfrage zuständig"
        in message_from_bytes(mail.raw, policy=default).get_content()
    )


def test_a_reply_to_a_colleague_who_has_left_reaches_those_who_coordinate(client, link):
    with transaction(db.session) as session:
        inquiry = session.scalars(sa.select(Inquiry)).one()
        session.get_one(User, inquiry.assignee_id).active = False
        changed(session)
    reply(client, link)
    assert [mail.recipient for mail in told_of_the_reply()] == [COORDINATOR]


@pytest.mark.parametrize(
    "path", [(Status.WAITING_FOR_REQUESTER,), (Status.IN_PROGRESS, Status.ANSWERED)]
)
def test_a_reply_takes_up_what_waited_or_was_answered(client, link, path):
    move(*path)
    reply(client, link)
    assert the_inquiry().status == Status.IN_PROGRESS
    last = db.session.scalars(sa.select(Event).order_by(Event.id.desc())).first()
    assert last.data == {"old": path[-1], "new": "in_progress"}


def test_the_same_reply_arrives_once(client, link):
    key = form_key()
    for _ in range(3):
        assert reply(client, link, form_key=key).status_code == 303
    assert len(messages()) == 2
    reply(client, link, "Und noch etwas anderes.", form_key=key)
    assert len(messages()) == 3


def test_what_was_sent_is_remembered_for_a_day(client, link):
    reply(client, link)
    factory = sessionmaker(db.engine)
    clear_uploads(factory, clock.now() + timedelta(hours=23))
    assert db.session.scalar(sa.select(sa.func.count(ReceivedReply.key))) == 1
    clear_uploads(factory, clock.now() + timedelta(hours=25))
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count(ReceivedReply.key))) == 0


def test_the_same_reply_from_two_windows_at_once_arrives_once(either_app):
    path = filed_link(either_app.test_client(), topic="beteiligung")
    key = form_key()
    answers = []
    windows = [
        threading.Thread(
            target=lambda: answers.append(
                reply(either_app.test_client(), path, form_key=key).status_code
            )
        )
        for _ in range(3)
    ]
    for window in windows:
        window.start()
    for window in windows:
        window.join()
    assert answers == [303] * 3
    assert len(messages()) == 2


def test_replies_from_several_people_at_once_are_all_kept(either_app):
    path = filed_link(either_app.test_client(), topic="beteiligung")
    answers = []
    people = [
        threading.Thread(
            target=lambda n=n: answers.append(
                reply(either_app.test_client(), path, f"Nachricht {n}").status_code
            )
        )
        for n in range(4)
    ]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert answers == [303] * 4
    assert len(messages()) == 5


def test_files_travel_in_both_directions(client, link):
    reply(client, link, files=[(io.BytesIO(b"%PDF-1.7 reply"), "../../böse\u202e.pdf")])
    page = client.get(link).text
    found = re.search(r'href="(/stand/[^"]+/anlagen/\d+)">([^<]+)<', page)
    assert found.group(2) == "böse.pdf"
    download = client.get(found.group(1))
    assert download.data == b"%PDF-1.7 reply"
    assert download.headers["Content-Disposition"].startswith("attachment")
    assert download.headers["Content-Type"] == "application/pdf"
    assert "sandbox" in download.headers["Content-Security-Policy"]
    assert download.headers["X-Content-Type-Options"] == "nosniff"
    download.close()
    files.remove(db.session.scalars(sa.select(Attachment.storage_key)).one())
    assert client.get(found.group(1)).status_code == 404


def test_files_of_another_inquiry_do_not_exist_here(client, link):
    other = filed_link(client, body="Etwas anderes.", files=[(io.BytesIO(b"%PDF-1.7"), "a.pdf")])
    attachment = db.session.scalars(sa.select(Attachment.id)).one()
    with client.get(f"{other}/anlagen/{attachment}") as download:
        assert download.status_code == 200
    assert client.get(f"{link}/anlagen/{attachment}").status_code == 404


def test_files_of_internal_notes_do_not_exist_here(client, link):
    reply(client, link, files=[(io.BytesIO(b"%PDF-1.7 x"), "a.pdf")])
    attachment = db.session.scalars(sa.select(Attachment)).one()
    with transaction(db.session) as session:
        session.execute(
            sa.update(Message).where(Message.id == attachment.message_id).values(internal=True)
        )
    assert client.get(f"{link}/anlagen/{attachment.id}").status_code == 404


@pytest.mark.parametrize("end", [(Status.CLOSED,), (Status.SPAM,)])
def test_a_finished_inquiry_takes_no_message_but_the_text_goes_along(client, link, end):
    move(*end)
    assert "Nachricht schreiben" not in client.get(link).text
    page = reply(client, link, "Doch noch eine Frage")
    assert page.status_code == 409
    assert "Diese Anfrage ist abgeschlossen" in page.text
    assert "Doch noch eine Frage" in page.text
    assert len(messages()) == 1

    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    new = client.post("/anfrage", data={**hidden, "schritt": "aendern"})
    assert new.status_code == 200
    assert "Doch noch eine Frage" in new.text
    assert the_inquiry().reference in new.text


def test_files_sent_to_a_finished_inquiry_go_along_into_a_new_one(client, link):
    move(Status.CLOSED)
    page = reply(client, link, files=[(io.BytesIO(b"%PDF-1.7 x"), "plan.pdf")])
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    assert "plan.pdf" in client.post("/anfrage", data={**hidden, "schritt": "aendern"}).text


def test_an_answer_of_a_machine_is_shown_as_an_answer(client, link):
    with transaction(db.session) as session:
        inquiry = session.scalars(sa.select(Inquiry)).one()
        machine = Machine("Schnittstelle: Portal")
        casefile.add_answer(session, inquiry, "Bis März.", by=machine, now=clock.now())
    page = client.get(link).text
    assert re.findall(r"message--(\w+)", page) == ["question", "answer"]


@pytest.mark.parametrize("token", ["falsch", "x" * 43, "%00", "a/../b", "ä"])
def test_every_wrong_link_gets_the_same_helpful_answer(client, link, token):
    page = client.get(f"/stand/{token}")
    assert page.status_code == 404
    assert "kopieren Sie bitte die ganze Zeile" in page.text
    posted = client.post(f"/stand/{token}", data={"body": "x"})
    assert posted.status_code == 404


def test_a_wrong_token_is_not_written_into_the_log(client):
    with capture_logs() as log:
        client.get("/stand/a-token-that-opens-nothing")
    assert len(log) == 1
    assert "a-token-that-opens-nothing" not in str(log)


def test_guessing_links_ends_soon_but_reading_does_not(client, link, monkeypatch):
    storage = MemoryStorage()
    monkeypatch.setattr(limiter, "enabled", True)
    monkeypatch.setattr(limiter, "_storage", storage)
    monkeypatch.setattr(limiter, "_limiter", FixedWindowRateLimiter(storage))
    for _ in range(40):
        assert client.get(link).status_code == 200
    answers = [client.get(f"/stand/guess-{n}").status_code for n in range(32)]
    assert answers == [404] * 30 + [429] * 2


def test_sixty_replies_an_hour_from_one_address_are_enough(client, link, monkeypatch):
    storage = MemoryStorage()
    monkeypatch.setattr(limiter, "enabled", True)
    monkeypatch.setattr(limiter, "_storage", storage)
    monkeypatch.setattr(limiter, "_limiter", FixedWindowRateLimiter(storage))
    answers = [reply(client, link, f"Nachricht {n}") for n in range(61)]
    assert [answer.status_code for answer in answers] == [303] * 60 + [429]
    assert "Nachricht 60" in answers[-1].text
    assert len(messages()) == 61


def test_an_expired_session_costs_no_text(app, client, link, monkeypatch):
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    page = reply(client, link, "Ein langer Text, der bleibt.")
    assert page.status_code == 400
    assert "Ihre Sitzung ist abgelaufen" in page.text
    assert "Ein langer Text, der bleibt." in page.text
