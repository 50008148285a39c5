"""Database ground: base class, column types, SQLite manners, and the only commit of the product."""

from __future__ import annotations

import typing as t
from contextlib import contextmanager
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect
    from sqlalchemy.pool import ConnectionPoolEntry

WRITING = "anlaufstelle_writing"
"""Execution option of a connection whose transaction will write (see `transaction`)."""

STAMP = "anlaufstelle_stamp"
"""Where a session keeps the stamp it has read (see `platform.snapshot`) until it has written."""


class UTCDateTime(sa.types.TypeDecorator[datetime]):
    """A moment, stored in UTC; refuses naive values, always returns aware ones."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware moment into what the database stores."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"naive datetime {value!r}: say which time zone you mean"
            raise ValueError(message)
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the stored moment, aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


class Base(DeclarativeBase):
    """Every table; names of constraints are fixed so that migrations can address them."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: t.ClassVar[dict[t.Any, t.Any]] = {
        datetime: UTCDateTime(),
        dict[str, t.Any]: Json,
        list[t.Any]: Json,
        list[str]: Json,
    }


def prepare_engine(engine: sa.Engine) -> None:
    """Give an SQLite engine its manners; other databases have them already.

    Python's driver opens transactions late and in the wrong mode: a transaction that reads and
    then writes fails under load although WAL is on. So we open every transaction ourselves, and
    the ones that will write take the write lock at once and wait for it.
    """
    if engine.dialect.name != "sqlite":
        return

    @sa.event.listens_for(engine, "connect")
    def set_pragmas(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout = 10000")
        cursor.execute("PRAGMA journal_mode = WAL")
        # FULL: an acknowledged inquiry survives a power cut, not only a crash of the process.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        writing = connection.get_execution_options().get(WRITING, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def insert_for(session: Session, table: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """Return the INSERT of this session's database, which knows ON CONFLICT."""
    dialect = session.get_bind().dialect.name
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


@contextmanager
def transaction(session: Session) -> Iterator[Session]:
    """Write as one unit: all of it or nothing. Opened by routes, jobs and commands only.

    A read transaction that is already open (log-in has loaded the user) is ended first, so that
    writing starts on the newest state; objects stay loaded, and `version` guards against changes
    in between.

    Raises:
        RuntimeError: when opened inside itself, or when something was changed before it began.
    """
    if session.info.get(WRITING):
        message = "transaction() inside transaction(): services must not open one"
        raise RuntimeError(message)
    if session.new or session.dirty or session.deleted:
        message = "something was changed outside transaction()"
        raise RuntimeError(message)
    if session.in_transaction():
        session.commit()
    session.info[WRITING] = True
    try:
        session.connection(execution_options={WRITING: True})
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop(WRITING, None)
        session.info.pop(STAMP, None)
