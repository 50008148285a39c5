"""The floor: the least that a web application with a database can do for the same pages.

One Flask route each, one indexed SELECT of the page's 25 rows through SQLAlchemy Core (two
statements for a ticket with its messages, two steps for a search), one plain Jinja table, and one
route that stores a ticket, a message and an index row in one transaction. No log-in, no session,
no counts, no permissions, no CSRF, no style sheet: nothing here is a product, it is the measure.
"""

from __future__ import annotations

import os
import typing as t
from datetime import UTC, datetime

import sqlalchemy as sa
from flask import Flask, redirect, request

from benchmarks.floor_tables import engine_of, message, ticket

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry
    from werkzeug.wrappers import Response

ROWS = 25
FEW = 500
"""PostgreSQL walks the whole table backwards for a rare word unless hits are fetched first."""

LIST = """<!doctype html><html lang="de"><title>Tickets</title><table>
{% for row in rows %}<tr><td><a href="/ticket/{{ row.reference }}">{{ row.reference }}</a><td>
{{ row.subject }}<td>{{ row.requester }}<td>{{ row.municipality }}<td>{{ row.topic }}<td>
{{ row.assignee }}<td>{{ row.status }}<td>{{ row.updated }}</tr>
{% endfor %}</table></html>"""
DETAIL = """<!doctype html><html lang="de"><title>{{ ticket.subject }}</title>
<h1>{{ ticket.reference }} {{ ticket.subject }}</h1><p>{{ ticket.requester }}, {{ ticket.topic }},
{{ ticket.assignee }}, {{ ticket.status }}, {{ ticket.updated }}</p>
{% for row in rows %}<h2>{{ row.author }}, {{ row.created_at }}</h2><p>{{ row.body }}</p>
{% endfor %}</html>"""
FORM = """<!doctype html><html lang="de"><title>Ticket</title><form method="post">
<input name="name"><input name="email"><input name="municipality"><input name="subject">
<textarea name="body"></textarea><button>Senden</button></form></html>"""


def create_floor(url: str) -> Flask:
    """Build the floor application on a database that `benchmarks.floor_tables` has filled."""
    app = Flask("floor")
    engine = engine_of(url)
    is_sqlite = engine.dialect.name == "sqlite"
    sa.event.listen(engine, "connect", _be_safe if is_sqlite else _use_indexes)
    tables, detail, form = (app.jinja_env.from_string(text) for text in (LIST, DETAIL, FORM))
    newest = sa.select(ticket).order_by(ticket.c.updated.desc(), ticket.c.id.desc()).limit(ROWS)
    last = sa.select(ticket).order_by(ticket.c.id.desc()).limit(ROWS)

    @app.get("/")
    def queue() -> str:
        with engine.connect() as connection:
            return tables.render(rows=connection.execute(newest).all())

    @app.get("/ticket/<reference>")
    def show(reference: str) -> str:
        with engine.connect() as connection:
            found = connection.execute(
                sa.select(ticket).where(ticket.c.reference == reference)
            ).one()
            rows = connection.execute(
                sa.select(message).where(message.c.ticket_id == found.id).order_by(message.c.id)
            ).all()
        return detail.render(ticket=found, rows=rows)

    @app.get("/search")
    def search() -> str:
        word = request.args["q"]
        with engine.connect() as connection:
            find = _find_in_sqlite if is_sqlite else _find_in_postgresql
            chosen = find(connection, word)
            rows = connection.execute(last.where(chosen)).all()
        return tables.render(rows=rows)

    @app.get("/new")
    def ask() -> str:
        return form.render()

    @app.post("/new")
    def store() -> Response:
        typed = request.form
        now = datetime.now(UTC)
        with engine.begin() as connection:
            number = connection.execute(
                sa.insert(ticket)
                .values(
                    reference=f"T-{now.timestamp()}",
                    subject=typed["subject"],
                    requester=typed["name"],
                    municipality=typed["municipality"],
                    topic="",
                    assignee="",
                    status="new",
                    updated=now,
                )
                .returning(ticket.c.id)
            ).scalar_one()
            connection.execute(
                sa.insert(message).values(
                    ticket_id=number, author=typed["name"], body=typed["body"], created_at=now
                )
            )
            connection.execute(
                ADD_TO_SQLITE if is_sqlite else ADD_TO_POSTGRESQL,
                {"id": number, "words": f"{typed['subject']}\n{typed['body']}"},
            )
        return redirect("/", 303)

    return app


ADD_TO_SQLITE = sa.text("INSERT INTO floor_search (rowid, words) VALUES (:id, :words)")
ADD_TO_POSTGRESQL = sa.text(
    "INSERT INTO floor_search (ticket_id, terms) VALUES (:id, to_tsvector('simple', :words))"
)
HITS_IN_SQLITE = sa.text(
    "SELECT rowid FROM floor_search WHERE floor_search MATCH :word ORDER BY rowid DESC LIMIT 25"
)
HITS_IN_POSTGRESQL = sa.text(
    "SELECT ticket_id FROM floor_search WHERE terms @@ to_tsquery('simple', :word) LIMIT :few"
)
IS_A_HIT = sa.text(
    "EXISTS (SELECT 1 FROM floor_search WHERE ticket_id = floor_ticket.id"
    " AND terms @@ to_tsquery('simple', :word))"
)


def _find_in_sqlite(connection: sa.Connection, word: str) -> sa.ColumnElement[bool]:
    hits = connection.execute(HITS_IN_SQLITE, {"word": word}).scalars().all()
    return ticket.c.id.in_(hits)


def _find_in_postgresql(
    connection: sa.Connection, word: str
) -> sa.ColumnElement[bool] | sa.TextClause:
    hits: Sequence[int] = (
        connection.execute(HITS_IN_POSTGRESQL, {"word": word, "few": FEW}).scalars().all()
    )
    if len(hits) < FEW:
        return ticket.c.id.in_(sorted(hits)[-ROWS:])
    return IS_A_HIT.bindparams(word=word)


def _be_safe(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    """Keep what is acknowledged, as the product does."""
    cursor = connection.cursor()
    for pragma in ("busy_timeout = 10000", "journal_mode = WAL", "synchronous = FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _use_indexes(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    """Keep PostgreSQL from reading the whole table for a common word.

    Its planner takes unpacking a long text vector for free and the text index for dear.
    """
    cursor = connection.cursor()
    cursor.execute("SET enable_seqscan = off")
    cursor.close()
    connection.commit()


if "FLOOR_DATABASE_URL" in os.environ:
    app = create_floor(os.environ["FLOOR_DATABASE_URL"])
