"""The telephone rings: an advisor writes the call down on one screen."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from inquiries.accounts.models import User
from inquiries.casefile.models import Event, Inquiry, Message
from inquiries.casefile.status import Status
from inquiries.mail.models import OutgoingMail
from inquiries.platform.web import db
from tests.conftest import ADVISOR, OTHER_ADVISOR, PARTNER
from tests.filing import form_key

CALL = {
    "name": "Frau Sommer",
    "phone": "06421 12345",
    "subject": "Quartiersbüro schließt",
    "body": "Das Quartiersbüro soll schließen. Wie verstetigt man das Quartiersmanagement?",
}


@pytest.fixture
def staff(sign_in):
    return sign_in()


def note(staff, **changes):
    return staff.post("/anfragen/neu", data={**CALL, "form_key": form_key(), **changes})


def the_inquiry():
    db.session.expire_all()
    return db.session.scalars(sa.select(Inquiry)).one()


def id_of(email):
    return db.session.scalars(sa.select(User.id).where(User.email == email)).one()


def test_only_staff_may_write_notes(client):
    answer = client.get("/anfragen/neu")
    assert answer.status_code == 302
    assert "/anmelden" in answer.location


def test_name_number_and_two_lines_are_enough(staff):
    assert staff.get("/anfragen/neu").status_code == 200
    answer = note(staff)
    inquiry = the_inquiry()
    assert (answer.status_code, answer.location) == (303, f"/anfragen/{inquiry.reference}")
    assert (inquiry.channel, inquiry.requester_phone) == ("phone", "06421 12345")
    assert inquiry.topic_source == "classifier"
    first = db.session.scalars(sa.select(Event).order_by(Event.id)).first()
    assert first.actor_id == id_of(ADVISOR)


def test_errors_keep_what_was_noted(staff):
    page = note(staff, name="", phone="")
    assert page.status_code == 422
    assert "Bitte notieren Sie, wer angerufen hat." in page.text
    assert "Bitte notieren Sie eine Rückrufnummer oder eine E-Mail-Adresse." in page.text
    assert CALL["body"] in page.text


def test_a_note_for_a_colleague_goes_to_her_and_she_is_told(staff):
    note(staff, assign_to=str(id_of(OTHER_ADVISOR)))
    inquiry = the_inquiry()
    assert inquiry.assignee_id == id_of(OTHER_ADVISOR)
    assert inquiry.assignment_reasons == ["So angegeben von Lara Lebriez bei der Annahme."]
    mails = db.session.scalars(sa.select(OutgoingMail)).all()
    assert [(mail.letter, mail.recipient) for mail in mails] == [
        ("notice_to_advisor", OTHER_ADVISOR)
    ]


def test_with_an_address_the_caller_gets_a_confirmation(staff):
    note(staff, email="sommer@verein.example", assign_to=str(id_of(ADVISOR)))
    letters = db.session.scalars(sa.select(OutgoingMail.letter)).all()
    assert letters == ["confirmation"]  # and no notice to herself


def test_advice_given_at_once_is_answered_and_closed(staff):
    note(staff, done="y", answer="Ich habe zu einem Trägerwechsel geraten.")
    inquiry = the_inquiry()
    assert inquiry.status == Status.CLOSED
    assert inquiry.first_answer_at is not None
    assert inquiry.assignee_id == id_of(ADVISOR)
    moves = db.session.scalars(
        sa.select(Event.data).where(Event.kind == "status_changed").order_by(Event.id)
    ).all()
    assert [move["new"] for move in moves] == ["assigned", "answered", "closed"]
    answer = db.session.scalars(sa.select(Message).order_by(Message.id)).all()[1]
    assert (answer.channel, answer.author_id) == ("phone", id_of(ADVISOR))
    assert db.session.scalar(sa.select(sa.func.count(OutgoingMail.id))) == 0


def test_advice_given_at_once_is_sent_in_writing_where_there_is_an_address(staff):
    note(staff, done="y", answer="Trägerwechsel.", email="sommer@verein.example")
    mail = db.session.scalars(sa.select(OutgoingMail)).one()
    assert (mail.letter, mail.recipient) == ("answer", "sommer@verein.example")


@pytest.mark.parametrize("changes", [{"done": "y"}, {"answer": "Nur so."}])
def test_done_and_answer_belong_together(staff, changes):
    assert note(staff, **changes).status_code == 422
    assert db.session.scalar(sa.select(sa.func.count(Inquiry.id))) == 0


def test_the_same_note_twice_is_one_call(staff):
    key = form_key()
    first = note(staff, form_key=key, done="y", answer="Trägerwechsel.")
    second = note(staff, form_key=key, done="y", answer="Trägerwechsel.")
    assert first.location == second.location
    assert db.session.scalar(sa.select(sa.func.count(Message.id))) == 2


def test_a_note_that_goes_to_the_other_carrier_is_saved_and_leads_back_to_the_list(sign_in):
    partner = sign_in(PARTNER)
    answer = note(partner, assign_to=str(id_of(ADVISOR)))
    reference = the_inquiry().reference
    assert (answer.status_code, answer.location) == (303, "/anfragen")
    page = partner.get(answer.location)
    assert page.status_code == 200
    assert f"Die Telefonnotiz ist gespeichert: {reference}" in page.text


@pytest.mark.parametrize(
    "later", [{"done": "y", "answer": "Ich rate zu einem Verein."}, {"phone": "06421 99999"}]
)
def test_what_is_added_to_a_note_that_was_sent_already_is_not_lost(staff, later):
    key = form_key()
    note(staff, form_key=key)
    answer = note(staff, form_key=key, **later)
    page = staff.get(answer.location).text
    assert all(text in page for name, text in later.items() if name != "done")
