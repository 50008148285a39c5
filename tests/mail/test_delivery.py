"""The outbox is emptied by SMTP; whatever breaks on the way, no mail is lost or sent in vain."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from aiosmtpd.smtp import AuthResult

from inquiries.mail import custody, delivery, smtp
from inquiries.mail.custody import MAX_ATTEMPTS, pause_after
from inquiries.mail.delivery import deliver_due
from inquiries.mail.models import MailState, OutgoingMail
from inquiries.mail.outbox import Recipient, queue
from inquiries.platform import clock
from inquiries.platform.db import transaction
from tests.mail.people import CENTRE, INQUIRY, NOW, STAFF_URL

CONTEXT = {
    "centre": CENTRE,
    "inquiry": INQUIRY,
    "body": "Guten Tag",
    "queue": "",
    "url": STAFF_URL,
}
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def write(session):
    def write(address="anna@zentrum.example", **options):
        with transaction(session):
            return queue(
                session, "message_from_requester", Recipient(address), CONTEXT, now=NOW, **options
            )

    return write


@pytest.fixture
def now_at(session):
    """Return a mail as it is in the database now."""

    def read(mail):
        session.rollback()
        session.refresh(mail)
        return mail

    return read


@pytest.fixture
def online(configure, sink):
    configure(SMTP_URL=sink.url)
    return sink


def abandoned(session, mail, state):
    """Leave a mail as a process leaves it that is killed while it has it in hand."""
    with transaction(session):
        mail.state = state
        mail.lease_until = clock.now() - timedelta(seconds=1)
        mail.attempts = 1


def test_mail_is_sent_and_marked_as_sent(online, session_factory, write, now_at):
    mail = write()
    assert deliver_due(session_factory, NOW) == "1 gesendet."
    assert now_at(mail).state == MailState.SENT
    assert mail.sent_at == NOW
    assert online.recipients == ["anna@zentrum.example"]
    assert online.received[0]["Message-ID"] == mail.message_id


def test_many_mails_share_a_connection(online, session_factory, write):
    for number in range(5):
        write(f"p{number}@zentrum.example")
    assert deliver_due(session_factory, NOW) == "5 gesendet."
    assert online.connections == 1
    assert deliver_due(session_factory, NOW) == "Nichts zu senden."
    assert online.connections == 1


def test_a_connection_takes_so_many_mails_and_then_a_new_one_is_opened(
    online, session_factory, write, monkeypatch
):
    monkeypatch.setattr(delivery, "PER_CONNECTION", 2)
    for number in range(5):
        write(f"p{number}@zentrum.example")
    assert deliver_due(session_factory, NOW) == "5 gesendet."
    assert online.connections == 3


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"SMTP_URL": ""}, "kein Mailserver"), ({"DEMO": True}, "Demobetrieb")],
)
def test_nothing_leaves_without_a_mail_server_or_in_demo_mode(
    configure, online, session_factory, write, now_at, changes, reason
):
    configure(**{"SMTP_URL": online.url, **changes})
    mail = write()
    assert "1 nicht versendet" in deliver_due(session_factory, NOW)
    assert now_at(mail).state == MailState.SUPPRESSED
    assert reason in mail.reason
    assert online.connections == 0


@pytest.mark.parametrize("answer", ["450 später", "451 später", "452 voll"])
def test_mail_that_the_server_does_not_want_now_is_tried_again(
    online, session_factory, write, now_at, answer
):
    online.answers["anna@zentrum.example"] = answer
    mail, other = write(), write("bea@zentrum.example")
    assert deliver_due(session_factory, NOW) == "1 gesendet, 1 später erneut."
    assert now_at(mail).state == MailState.DEFERRED
    assert answer[:3] in mail.reason
    assert NOW + timedelta(minutes=1) <= mail.due_at < NOW + timedelta(minutes=2)
    assert now_at(other).state == MailState.SENT
    online.answers.clear()
    assert deliver_due(session_factory, NOW + timedelta(seconds=30)) == "Nichts zu senden."
    assert deliver_due(session_factory, LATER) == "1 gesendet."


@pytest.mark.parametrize("stage", ["anna@zentrum.example", "DATA"])
def test_mail_that_the_server_never_wants_fails_with_its_words(
    online, session_factory, write, now_at, stage
):
    online.answers[stage] = "550 5.1.1 gibt es hier nicht"
    mail = write()
    assert deliver_due(session_factory, NOW) == "1 fehlgeschlagen."
    assert now_at(mail).state == MailState.FAILED
    assert "550 5.1.1 gibt es hier nicht" in mail.reason
    assert deliver_due(session_factory, LATER) == "Nichts zu senden."


def test_the_pauses_double_and_end_within_four_days(online, session_factory, write, now_at):
    whole = sum((pause_after(n) for n in range(1, MAX_ATTEMPTS)), timedelta())
    assert timedelta(days=2.8) < whole < timedelta(days=4)
    online.answers["anna@zentrum.example"] = "450 später"
    mail, moment = write(), NOW
    for _ in range(MAX_ATTEMPTS):
        deliver_due(session_factory, moment)
        moment = now_at(mail).due_at
    assert mail.state == MailState.FAILED
    assert "Aufgegeben nach 13 Versuchen" in mail.reason


def test_a_mail_server_that_is_away_costs_no_mail_an_attempt(
    configure, session_factory, write, now_at, sink
):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        configure(SMTP_URL=f"smtp://127.0.0.1:{unused.getsockname()[1]}")
        mail = write()
        assert deliver_due(session_factory, NOW) == "1 warten auf den Mailserver."
    assert now_at(mail).state == MailState.DEFERRED
    assert (mail.attempts, mail.due_at) == (0, NOW + timedelta(minutes=1))
    assert "nicht erreichbar" in mail.reason
    configure(SMTP_URL=sink.url)
    assert deliver_due(session_factory, LATER) == "1 gesendet."


def test_one_bad_row_never_blocks_the_next(online, session_factory, session, write, now_at):
    bad, good = write(), write("bea@zentrum.example")
    with transaction(session):
        bad.recipient = "jörg@stadt"
    assert deliver_due(session_factory, NOW) == "1 gesendet, 1 fehlgeschlagen."
    assert now_at(bad).state == MailState.FAILED
    assert now_at(good).state == MailState.SENT


def test_who_dies_before_the_text_was_handed_over_has_sent_nothing(
    online, session_factory, session, write, now_at
):
    mail = write(repeatable=False)
    abandoned(session, mail, MailState.QUEUED)
    assert deliver_due(session_factory, NOW) == "1 gesendet."
    assert now_at(mail).state == MailState.SENT


def test_after_a_crash_in_mid_sending_the_same_mail_goes_again(
    online, session_factory, session, write, now_at
):
    mail = write()
    abandoned(session, mail, MailState.SENDING)
    assert deliver_due(session_factory, NOW) == "1 gesendet."
    assert online.received[0]["Message-ID"] == mail.message_id


def test_or_a_person_decides_where_it_must_not_come_twice(
    online, session_factory, session, write, now_at
):
    mail = write(repeatable=False)
    abandoned(session, mail, MailState.SENDING)
    assert deliver_due(session_factory, NOW) == "Nichts zu senden."
    assert now_at(mail).state == MailState.UNKNOWN
    assert "unterbrochen" in mail.reason
    assert online.received == []


@pytest.mark.parametrize("state", [MailState.QUEUED, MailState.DEFERRED, MailState.SENDING])
def test_a_mail_in_another_workers_hand_is_left_alone(
    online, session_factory, session, write, now_at, state
):
    mail = write()
    with transaction(session):
        mail.state = state
        mail.lease_until = clock.now() + timedelta(minutes=2)
    assert deliver_due(session_factory, NOW) == "Nichts zu senden."
    assert now_at(mail).state == state


def test_who_was_overtaken_does_not_hand_over_the_text(
    online, session_factory, session, write, now_at, monkeypatch
):
    mail = write()
    take = custody.take

    def overtaken(own, now):
        made = take(own, now)
        if made:
            with transaction(session):
                mail.lease_until = clock.now() + timedelta(minutes=2)
        return made

    monkeypatch.setattr(custody, "take", overtaken)
    deliver_due(session_factory, NOW)
    assert online.received == []
    assert now_at(mail).state == MailState.QUEUED


def test_four_workers_send_each_mail_once(online, session_factory, write):
    for number in range(40):
        write(f"p{number}@zentrum.example")
    threads = [threading.Thread(target=deliver_due, args=(session_factory, NOW)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(online.recipients) == sorted(f"p{n}@zentrum.example" for n in range(40))


class Hanging:
    """A server that closes the door at a chosen stage of the conversation."""

    def __init__(self, stage):
        self.stage = stage

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        if self.stage == "MAIL":
            server.transport.close()
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        server.transport.close()
        return "250 OK"


@pytest.mark.parametrize(
    ("stage", "repeatable", "state"),
    [
        ("MAIL", True, MailState.DEFERRED),
        ("MAIL", False, MailState.DEFERRED),
        ("DATA", True, MailState.DEFERRED),
        ("DATA", False, MailState.UNKNOWN),
    ],
)
def test_a_connection_that_breaks_off(
    configure, listen, session_factory, write, now_at, stage, repeatable, state
):
    configure(SMTP_URL=f"smtp://127.0.0.1:{listen(Hanging(stage))}")
    mail = write(repeatable=repeatable)
    deliver_due(session_factory, NOW)
    assert now_at(mail).state == state


def test_a_server_that_says_nothing_is_given_up_after_the_time_out(
    configure, session_factory, write, now_at, monkeypatch
):
    monkeypatch.setattr(smtp, "TIMEOUT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        configure(SMTP_URL=f"smtp://127.0.0.1:{silent.getsockname()[1]}")
        mail = write()
        assert deliver_due(session_factory, NOW) == "1 warten auf den Mailserver."
    assert now_at(mail).state == MailState.DEFERRED


# --- trust


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Make a certificate for `localhost` that nobody has signed."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")),
        ],
        check=True,
        capture_output=True,
    )
    return folder


class Keeper:
    """Accepts mail and remembers who logged in."""

    def __init__(self):
        self.recipients = []
        self.users = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.recipients += envelope.rcpt_tos
        return "250 OK"

    def authenticate(self, server, session, envelope, mechanism, data):
        self.users.append((data.login, data.password))
        return AuthResult(success=data.password == b"geheim:1", handled=False)


@pytest.fixture
def secure(certificate, listen):
    """Run a server with STARTTLS that asks for a log-in."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    keeper = Keeper()
    keeper.port = listen(
        keeper,
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=keeper.authenticate,
    )
    return keeper


def test_mail_goes_encrypted_and_with_a_log_in_to_a_server_that_is_trusted(
    configure, session_factory, write, secure, certificate, monkeypatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    configure(SMTP_URL=f"smtp://post%40haus:geheim%3A1@localhost:{secure.port}")
    write()
    assert deliver_due(session_factory, NOW) == "1 gesendet."
    assert secure.users == [(b"post@haus", b"geheim:1")]
    assert secure.recipients == ["anna@zentrum.example"]


def test_nothing_goes_to_a_server_that_nobody_vouches_for(
    configure, session_factory, write, now_at, secure
):
    configure(SMTP_URL=f"smtp://post%40haus:geheim%3A1@localhost:{secure.port}")
    mail = write()
    assert deliver_due(session_factory, NOW) == "1 warten auf den Mailserver."
    assert "certificate verify failed" in now_at(mail).reason
    assert secure.users == []


def test_a_refused_log_in_is_named_without_the_password(
    configure, session_factory, write, now_at, secure, certificate, monkeypatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    configure(SMTP_URL=f"smtp://post:falsch@localhost:{secure.port}")
    mail = write()
    deliver_due(session_factory, NOW)
    assert "lehnt die Anmeldung ab" in now_at(mail).reason
    assert "falsch" not in mail.reason


def test_a_password_never_crosses_a_network_in_clear(
    configure, session_factory, write, now_at, sink, monkeypatch
):
    monkeypatch.setattr(smtp, "LOOPBACK", set())
    configure(SMTP_URL=sink.url.replace("smtp://", "smtp://post:geheim@"))
    mail = write()
    deliver_due(session_factory, NOW)
    assert "keine Verschlüsselung" in now_at(mail).reason
    assert sink.received == []


def test_the_oldest_goes_first(online, session_factory, session, write):
    late, early = write("late@zentrum.example"), write("early@zentrum.example")
    with transaction(session):
        early.due_at = NOW - timedelta(hours=1)
    deliver_due(session_factory, NOW)
    assert online.recipients == [early.recipient, late.recipient]
    assert session.scalar(sa.select(sa.func.count()).select_from(OutgoingMail)) == 2
