"""A post office: settings, and a database on each kind of server."""

from __future__ import annotations

import typing as t
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from inquiries.mail.models import OutgoingMail
from inquiries.platform import settings as current
from inquiries.platform.db import Base, prepare_engine
from tests.mail.sink import listen, sink

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


__all__ = ["listen", "sink"]

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
