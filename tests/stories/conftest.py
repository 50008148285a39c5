"""The house in which the stories happen: the real product, served on this machine.

It is built once, with the catalogue and the demo's people and inquiries; each story gets a fresh
copy, on the same Monday morning.
"""

from __future__ import annotations

import itertools
import shutil
import socket
import sqlite3
import threading
import typing as t
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
import sqlalchemy as sa
from werkzeug.serving import WSGIRequestHandler, make_server

from inquiries.accounts.models import Absence
from inquiries.accounts.passwords import DEMO_PASSWORD
from inquiries.administration import demo
from inquiries.app import create_app
from inquiries.casefile.models import Channel
from inquiries.intake.service import Submission, receive
from inquiries.mail.models import OutgoingMail
from inquiries.platform import clock, settings, snapshot
from inquiries.platform.db import transaction
from inquiries.platform.web import db
from inquiries.timetable.jobs import job_named
from inquiries.timetable.runner import run_by_hand
from tests.browser import Person
from tests.conftest import NOW, _config

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flask import Flask
    from playwright.sync_api import Browser

T = t.TypeVar("T")
INQUIRIES = 40
SEED = 5
LARA = "lara.lebriez@lagsbh.de"
MIRJAM = "mirjam.roth@lagsbh.de"
COORDINATOR = "svenja.dorndorf@example.org"
ADMINISTRATOR = "judith.amrein@example.org"

FOR_LARA = Submission(
    subject="Sprechstunde im Stadtteilbüro",
    body="Liebe Frau Lebriez, wie oft sollte ein Quartiersmanagement Sprechstunden anbieten?",
    channel=Channel.FORM,
    requester_name="Jörg Müller",
    requester_email="j.mueller@stadt.example",
    organisation="Stadt Beispielhausen",
    municipality_name="Beispielhausen",
)
FOR_THE_QUEUE = Submission(
    subject="Förderfähigkeit von Grunderwerb",
    body="Ist der Kauf eines Grundstücks für das Quartierszentrum förderfähig?",
    channel=Channel.FORM,
    requester_name="Olga Brandt",
    requester_email="o.brandt@kommune.example",
    municipality_name="Musterstadt",
    topic="foerderung",
)
_stamps = itertools.count(2_000_000)


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *_args: object) -> None:
        """Say nothing of requests that went well."""


class House:
    """The served product."""

    def __init__(self, folder: Path, catalogue: Path) -> None:
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._live = folder / "live.db"
        self._template = folder / "template.db"
        shutil.copy(catalogue, self._live)
        self.app = create_app(
            {
                **_config(folder, f"sqlite:///{self._live}"),
                "TESTING": False,
                "BASE_URL": self.url,
                "DEMO": True,
                "WTF_CSRF_ENABLED": True,
            }
        )
        self.do(self._build)
        self._server = make_server(
            "127.0.0.1", 0, self.app, threaded=True, request_handler=_Quiet, fd=listener.detach()
        )
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self._moment = NOW

    def do(self, work: Callable[[], T]) -> T:
        """Do something inside the house: in a thread, for Playwright's loop runs in ours."""

        def inside() -> T:
            with self.app.app_context():
                return work()

        with ThreadPoolExecutor(1) as executor:
            return executor.submit(inside).result()

    def _build(self) -> None:
        """Fill the database; away is only who is sent away in a story."""
        with transaction(db.session) as session:
            session.execute(sa.delete(Absence))
            snapshot.changed(session)
        demo.fill(db.session, INQUIRIES, SEED, now=NOW)
        with transaction(db.session) as session:
            receive(session, FOR_THE_QUEUE, by=None, now=NOW - timedelta(hours=1))
        _disconnect()
        with closing(sqlite3.connect(self._live)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(self._live, self._template)

    def begin_again(self) -> None:
        """Put the database back to how it was built."""
        self.do(_disconnect)
        for leftover in self._live.parent.glob("live.db-*"):
            leftover.unlink()
        shutil.copy(self._template, self._live)
        with closing(sqlite3.connect(self._live)) as connection, connection:
            connection.execute("UPDATE stamp SET number = ?", (next(_stamps),))
        settings.configure(self.app.config)
        self._moment = NOW

    def now(self) -> datetime:
        """Return the moment that it is in the story; it moves on by a second a look."""
        self._moment += timedelta(seconds=1)
        return self._moment

    def wait_until(self, moment: datetime) -> None:
        """Let time pass."""
        self._moment = moment

    def run_job(self, name: str) -> str:
        """Run a background job, as of the story's moment."""
        return self.do(lambda: run_by_hand(job_named(name), db.sessionmaker, self._moment))

    def receive(self, submission: Submission) -> tuple[str, str]:
        """Let an inquiry come in; returns its reference and the path of its status page."""

        def work() -> tuple[str, str]:
            with transaction(db.session) as session:
                receipt = receive(session, submission, by=None, now=self.now())
            return receipt.inquiry.reference, receipt.status_url.removeprefix(self.url)

        return self.do(work)

    def letters(self, to: str) -> list[str]:
        """Return the texts of the letters that were written to an address, oldest first."""
        raw = sa.select(OutgoingMail.raw).where(OutgoingMail.recipient == to)
        found = self.do(lambda: db.session.scalars(raw.order_by(OutgoingMail.id)).all())
        return [_text_of(letter) for letter in found]

    def stop(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


def _disconnect() -> None:
    db.session.close()
    db.engine.dispose()


def _text_of(raw: bytes) -> str:
    message = message_from_bytes(raw, policy=default)
    return str(message.get_body(("plain",)).get_content())


@pytest.fixture(scope="session")
def _house(
    tmp_path_factory: pytest.TempPathFactory, _sqlite: tuple[Flask, Path, Path]
) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("house"), _sqlite[2])
    yield house
    house.stop()


@pytest.fixture
def house(_house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """The served product as it was built, on Monday morning."""
    _house.begin_again()
    monkeypatch.setattr(clock, "now", _house.now)
    return _house


@pytest.fixture
def somebody(
    house: House, browser: Browser, browser_context_args: dict[str, t.Any]
) -> Iterator[Callable[..., Person]]:
    """Return a function that sits somebody down at a browser, logged in where a name is given."""
    people: list[Person] = []

    def sit_down(email: str = "", **options: t.Any) -> Person:
        person = Person(browser, house.url, options=browser_context_args, **options)
        people.append(person)
        if email:
            person.sign_in(email, DEMO_PASSWORD)
        return person

    yield sit_down
    for person in people:
        person.close()
