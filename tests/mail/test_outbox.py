"""A letter becomes a row: its bytes are fixed, and what may exist once exists once."""

from __future__ import annotations

import threading
from email import message_from_bytes
from email.policy import default
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from inquiries.mail.message import NotAddressable, Sheet, checked_address, compose
from inquiries.mail.models import MailState, OutgoingMail
from inquiries.mail.outbox import Recipient, queue, release
from inquiries.platform import Refused
from inquiries.platform.db import transaction
from tests.mail.people import CENTRE, INQUIRY, NOW, STAFF_URL

CONTEXT = {
    "centre": CENTRE,
    "inquiry": INQUIRY,
    "body": "Geht auch Mittwoch?",
    "queue": "",
    "url": STAFF_URL,
}
ANNA = Recipient("anna@zentrum.example", "Anna Beispiel")
AUTOMATIC_HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
EXPECTED_HEADERS = {
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "content-language",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
}


def write(session, *, to=ANNA, context=CONTEXT, **options):
    with transaction(session):
        return queue(session, "message_from_requester", to, context, now=NOW, **options)


def parsed(mail):
    return message_from_bytes(mail.raw, policy=default)


def test_a_letter_says_who_writes_to_whom_about_what(session):
    mail = write(session, about="ZSZ-2026-00042")
    message = parsed(mail)
    assert message["From"] == "Zentrum Sozialer Zusammenhalt <anfrage@zentrum.example>"
    assert message["To"] == "Anna Beispiel <anna@zentrum.example>"
    assert message["Subject"] == (
        "[ZSZ-2026-00042] Neue Nachricht: Förderung eines Nachbarschaftstreffs"
    )
    assert message["Date"] == "Mon, 23 Nov 2026 14:30:00 +0100"
    assert message["Message-ID"] == mail.message_id
    assert mail.message_id.endswith("@zentrum.example>")
    assert "Geht auch Mittwoch?" in message.get_content()
    assert mail.state == MailState.QUEUED


def test_all_letters_about_an_inquiry_hang_together(session):
    first, second = (write(session, about="ZSZ-2026-00042") for _ in range(2))
    assert first.message_id != second.message_id
    for mail in (first, second):
        assert parsed(mail)["References"] == "<zsz-2026-00042@zentrum.example>"
        assert parsed(mail)["In-Reply-To"] == "<zsz-2026-00042@zentrum.example>"


def test_automatic_mail_says_so_and_what_a_person_wrote_does_not(session):
    automatic, personal = write(session), write(session, automatic=False)
    for name, value in AUTOMATIC_HEADERS.items():
        assert parsed(automatic)[name] == value
        assert parsed(personal)[name] is None


def test_the_sender_may_be_set(session, configure):
    configure(MAIL_FROM="post@haus.example")
    mail = write(session)
    assert parsed(mail)["From"] == "Zentrum Sozialer Zusammenhalt <post@haus.example>"
    assert mail.message_id.endswith("@haus.example>")


def test_a_centre_without_an_address_writes_from_its_own_host(session):
    nameless = SimpleNamespace(name="Zentrum", phone="", email="")
    mail = write(session, context={**CONTEXT, "centre": nameless})
    assert parsed(mail)["From"] == "Zentrum <anlaufstelle@anfrage.zentrum.example>"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "niemand",
        "a@b.example, c@d.example",
        "a@b.example\r\nBcc: c@d.example",
        "<a@b.example>",
        "a b@c.example",
        "jörg@stadt.example",
        "@stadt.example",
        "a@",
        "a@" + "ä" * 300 + ".example",
    ],
)
def test_an_address_that_cannot_be_used_costs_the_mail_and_not_the_inquiry(session, address):
    mail = write(session, to=Recipient(address, "Jörg"))
    assert mail.state == MailState.FAILED
    assert "Adresse" in mail.reason
    assert parsed(mail)["To"] is None
    with pytest.raises(Refused), transaction(session):
        release(session, mail, now=NOW)


def test_a_domain_with_umlauts_is_written_as_the_mail_servers_know_it():
    assert checked_address("post@gießen.example") == "post@xn--gieen-nqa.example"
    with pytest.raises(NotAddressable):
        checked_address("post@-.ä")


@given(
    name=st.text(max_size=300),
    subject=st.text(max_size=400),
    body=st.text(max_size=500),
)
def test_nothing_typed_adds_a_header_or_a_recipient(name, subject, body):
    sheet = Sheet(
        sender_name=name,
        sender="post@haus.example",
        recipient_name=name,
        recipient="anna@zentrum.example",
        subject=subject,
        body=body,
        date=NOW,
        message_id="<1@haus.example>",
        thread="",
        automatic=False,
    )
    raw = compose(sheet)
    message = message_from_bytes(raw, policy=default)
    assert {key.lower() for key in message} == EXPECTED_HEADERS
    assert [address.addr_spec for address in message["To"].addresses] == ["anna@zentrum.example"]
    assert [address.addr_spec for address in message["From"].addresses] == ["post@haus.example"]
    assert raw.isascii()
    assert b"\0" not in raw
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))


def test_what_may_exist_once_exists_once(session):
    assert write(session, once="digest:2026-W48:7") is not None
    assert write(session, once="digest:2026-W48:7") is None
    assert write(session, once="digest:2026-W48:8") is not None
    assert session.scalar(sa.select(sa.func.count()).select_from(OutgoingMail)) == 2


def test_the_second_one_costs_nothing_else_of_its_transaction(session):
    write(session, once="digest:2026-W48:7")
    with transaction(session):
        queue(session, "message_from_requester", ANNA, CONTEXT, now=NOW)
        again = queue(
            session, "message_from_requester", ANNA, CONTEXT, now=NOW, once="digest:2026-W48:7"
        )
        queue(session, "message_from_requester", ANNA, CONTEXT, now=NOW)
    assert again is None
    assert session.scalar(sa.select(sa.func.count()).select_from(OutgoingMail)) == 3


def test_also_when_many_write_it_at_the_same_moment(session_factory, session):
    start = threading.Barrier(4)
    written = []

    def work():
        with session_factory() as own:
            start.wait()
            written.extend([write(own, once=f"digest:2026-W{week}:7") for week in range(10)])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(written) == 40
    assert sum(mail is not None for mail in written) == 10
    assert session.scalar(sa.select(sa.func.count()).select_from(OutgoingMail)) == 10


def test_a_person_may_send_again_what_failed_but_not_what_was_sent(session):
    mail = write(session)
    with transaction(session):
        mail.state = MailState.UNKNOWN
    with transaction(session):
        release(session, mail, now=NOW)
    assert mail.state == MailState.QUEUED
    with transaction(session):
        mail.state = MailState.SENT
    with pytest.raises(Refused, match="gesendet"), transaction(session):
        release(session, mail, now=NOW)
