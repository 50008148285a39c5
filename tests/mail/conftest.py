"""A post office: settings, a database on each kind of server, and a mail server that listens."""

from __future__ import annotations

import socket
import typing as t
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from sqlalchemy.orm import Session, sessionmaker

from inquiries.mail.models import OutgoingMail
from inquiries.platform import settings as current
from inquiries.platform.db import Base, prepare_engine

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import EmailMessage
    from pathlib import Path

    from aiosmtpd.smtp import SMTP, Envelope
    from aiosmtpd.smtp import Session as SmtpSession

TABLES = [OutgoingMail.__table__]
DATABASES: dict[object, str] = {}
"""Address of the database that all tests here share, by server."""


@pytest.fixture
def configure(tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Set what services may know; call it again to change something."""
    before = list(current._current)

    def set_values(**changes: object) -> None:
        values = {
            "BASE_URL": "https://anfrage.zentrum.example",
            "SMTP_URL": "",
            "MAIL_FROM": "",
            "DEMO": False,
            "TIMEZONE": ZoneInfo("Europe/Berlin"),
            "INSTANCE_PATH": str(tmp_path),
            "STORAGE_URL": f"file://{tmp_path}/files",
        }
        current.configure({**values, **changes})

    set_values()
    yield set_values
    current._current[:] = before


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request, tmp_path: Path, configure) -> Iterator[sa.Engine]:
    """Give an engine with the outbox's table, on each kind of database."""
    if request.param == "sqlite":
        engine = sa.create_engine(f"sqlite:///{tmp_path}/mail.db")
    else:
        server = request.getfixturevalue("postgres")
        if server not in DATABASES:
            DATABASES[server] = server.create_database("outbox")
        engine = sa.create_engine(DATABASES[server].replace("postgresql:", "postgresql+psycopg:"))
    prepare_engine(engine)
    Base.metadata.create_all(engine, tables=TABLES)
    yield engine
    with engine.begin() as connection:
        connection.execute(sa.delete(OutgoingMail))
    engine.dispose()


@pytest.fixture
def session_factory(engine) -> sessionmaker[Session]:
    return sessionmaker(engine, expire_on_commit=False)


@pytest.fixture
def session(session_factory) -> Iterator[Session]:
    with session_factory() as session:
        yield session


@dataclass
class Sink:
    """A mail server that keeps what it gets and answers as it is told."""

    received: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    connections: int = 0
    url: str = ""

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,
        session: SmtpSession,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,
        session: SmtpSession,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: SmtpSession, envelope: Envelope
    ) -> str:
        answer = self.answers.get("DATA", "250 OK")
        if answer.startswith("250"):
            self.recipients += envelope.rcpt_tos
            assert isinstance(envelope.content, bytes)
            parsed = message_from_bytes(envelope.content, policy=default)
            self.received.append(t.cast("EmailMessage", parsed))
        return answer


@pytest.fixture
def listen() -> Iterator[Callable[..., int]]:
    """Start mail servers on free ports; each call returns the port of a new one."""
    running = []

    def start(handler: object, **options: object) -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        controller = Controller(handler, hostname="127.0.0.1", port=port, **options)
        controller.start()
        running.append(controller)
        return port

    yield start
    for controller in running:
        controller.stop()


@pytest.fixture
def sink(listen) -> Sink:
    """Run a mail server on a free port."""
    sink = Sink()
    sink.url = f"smtp://127.0.0.1:{listen(sink)}"
    return sink
