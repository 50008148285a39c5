"""What every test may ask for: the whole application on a fresh database with the catalogue.

`app` runs on SQLite; `either_app` runs the test once on SQLite and once on PostgreSQL. The
database is built once by the real migrations and the real catalogue, then copied for each test.
"""

from __future__ import annotations

import itertools
import shutil
import sqlite3
import typing as t
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import g, request_started

from inquiries.accounts.models import Carrier, Role, StaffSession, User
from inquiries.administration import catalogue
from inquiries.app import create_app
from inquiries.casefile.models import Event, Inquiry
from inquiries.platform import settings as platform_settings
from inquiries.platform.db import transaction
from inquiries.platform.tokens import digest, new_token
from inquiries.platform.web import alembic, db

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session, UOWTransaction

    from tests.servers import Postgres

pytest_plugins = ["tests.servers"]

HOME = Path(__file__).resolve().parent.parent
CATALOGUE = HOME / "catalogues" / "zentrum-sozialer-zusammenhalt.toml"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""A Monday morning, 10:00 in Berlin."""

ADVISOR = "lara.lebriez@lagsbh.de"
OTHER_ADVISOR = "mirjam.roth@lagsbh.de"
COORDINATOR = "koordination@example.org"
ADMINISTRATOR = "verwaltung@example.org"
PARTNER = "partner@example.org"

_stamps = itertools.count(1_000_000, 1_000)  # far apart: tests raise them, too


def _config(folder: Path, database_url: str) -> dict[str, t.Any]:
    return {
        "TESTING": True,
        "DATABASE_URL": database_url,
        "INSTANCE_PATH": str(folder),
        "STORAGE_URL": f"file://{folder / 'files'}",
        "BASE_URL": "http://anlaufstelle.example",
        "SECRET_KEY": "only for tests",
        "MAIL_FROM": "anfragen@zentrum.example",
        "SMTP_URL": "",
        "DEMO": False,
        "WTF_CSRF_ENABLED": False,
        "RATELIMIT_ENABLED": False,
        "SERVER_NAME": None,
    }


def _build(app: Flask) -> None:
    """Make the schema, load the catalogue, and add the people whom tests log in as."""
    with app.app_context():
        alembic.upgrade()
        with transaction(db.session) as session:
            catalogue.load(session, CATALOGUE, now=NOW)
            carriers = {row.key: row.id for row in session.scalars(sa.select(Carrier))}
            for key, email, name, role, carrier in (
                ("test-coordinator", COORDINATOR, "Kim Koordination", Role.COORDINATOR, "lag"),
                ("test-administrator", ADMINISTRATOR, "Alex Admin", Role.ADMINISTRATOR, "lag"),
                ("test-partner", PARTNER, "Pat Partner", Role.ADVISOR, "ha"),
            ):
                session.add(
                    User(key=key, email=email, name=name, role=role, carrier_id=carriers[carrier])
                )
        db.session.close()
        db.engine.dispose()


@pytest.fixture(scope="session")
def _sqlite(tmp_path_factory: pytest.TempPathFactory) -> tuple[Flask, Path, Path]:
    folder = tmp_path_factory.mktemp("sqlite")
    live = folder / "live.db"
    app = create_app(_config(folder, f"sqlite:///{live}"))
    _build(app)
    with closing(sqlite3.connect(live)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    template = folder / "template.db"
    shutil.copy(live, template)
    return app, live, template


def _begin_anew(_app: Flask, **_facts: object) -> None:
    """Let each request log in by itself and see the newest state, as it does when served.

    Requests run in the test's own application context, which outlives them.
    """
    g.pop("_login_user", None)
    db.session.commit()  # ends the reading of an older state; objects stay loaded


@pytest.fixture
def app(_sqlite: tuple[Flask, Path, Path]) -> Iterator[Flask]:
    """The application on a fresh SQLite database, with an application context."""
    app, live, template = _sqlite
    for leftover in live.parent.glob("live.db-*"):
        leftover.unlink()
    shutil.copy(template, live)
    # What a process keeps of an earlier test's database must not count for this one.
    with closing(sqlite3.connect(live)) as connection, connection:
        connection.execute("UPDATE stamp SET number = ?", (next(_stamps),))
    platform_settings.configure(app.config)
    with app.app_context(), request_started.connected_to(_begin_anew, app):
        yield app
        db.session.close()
        db.engine.dispose()


@pytest.fixture(scope="session")
def _postgres_template() -> dict[str, t.Any]:
    return {}


@pytest.fixture
def postgres_app(
    postgres: Postgres,
    _postgres_template: dict[str, t.Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Flask]:
    """The application on a fresh PostgreSQL database, with an application context."""
    if not _postgres_template:
        folder = tmp_path_factory.mktemp("postgres")
        _postgres_template["folder"] = folder
        _build(create_app(_config(folder, postgres.create_database("template_anlaufstelle"))))
    name = f"test_{next(_stamps)}"
    url = postgres.create_database(name, template="template_anlaufstelle")
    app = create_app(_config(_postgres_template["folder"], url))
    with app.app_context(), request_started.connected_to(_begin_anew, app):
        yield app
        db.session.close()
        db.engine.dispose()
    postgres.drop_database(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def either_app(request: pytest.FixtureRequest) -> Flask:
    """Run the test once on each of the two databases."""
    wanted = "app" if request.param == "sqlite" else "postgres_app"
    return t.cast("Flask", request.getfixturevalue(wanted))


@pytest.fixture
def session(app: Flask) -> Session:
    """The session of the test's own application context."""
    return db.session


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor's browser without JavaScript: keeps cookies, is nobody yet."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask) -> Callable[..., FlaskClient]:
    """Return a browser in which a member of staff is logged in."""

    def go(email: str = ADVISOR, on: Flask = app) -> FlaskClient:
        token = new_token()
        now = datetime.now(UTC)
        with on.app_context(), transaction(db.session) as session:
            user = session.scalars(sa.select(User).where(User.email == email)).one()
            session.add(
                StaffSession(
                    digest=digest(token),
                    user_id=user.id,
                    started_at=now,
                    ends_at=now + timedelta(hours=1),
                )
            )
        client = on.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
            cookie["_fresh"] = True
        return client

    return go


@sa.event.listens_for(sa.orm.Session, "after_flush")
def _remember_what_changed(session: Session, _context: UOWTransaction) -> None:
    changed = {
        row.id
        for row in itertools.chain(session.new, session.dirty)
        if isinstance(row, Inquiry) and session.is_modified(row)
    }
    told = {row.inquiry_id for row in session.new if isinstance(row, Event)}
    session.info.setdefault("changed_inquiries", set()).update(changed)
    session.info.setdefault("told_inquiries", set()).update(told)


@sa.event.listens_for(sa.orm.Session, "before_commit")
def _refuse_change_without_history(session: Session) -> None:
    """Fail any commit that changes an inquiry and tells nobody (design, rule 6)."""
    session.flush()
    changed = session.info.pop("changed_inquiries", set())
    told = session.info.pop("told_inquiries", set())
    assert changed <= told, f"inquiries {changed - told} changed without an entry in the history"


@sa.event.listens_for(sa.orm.Session, "after_rollback")
def _forget_what_changed(session: Session) -> None:
    session.info.pop("changed_inquiries", None)
    session.info.pop("told_inquiries", None)
