"""The floor application's tables: a plain copy of the product's inquiries, in the same database.

No foreign keys, triggers, version counters or history: what is left is what any application that
keeps tickets has to store.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()
ticket = sa.Table(
    "floor_ticket",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("reference", sa.Text, index=True),
    sa.Column("subject", sa.Text),
    sa.Column("requester", sa.Text),
    sa.Column("municipality", sa.Text),
    sa.Column("topic", sa.Text),
    sa.Column("assignee", sa.Text),
    sa.Column("status", sa.Text),
    sa.Column("updated", sa.DateTime(timezone=True)),
    sa.Index("ix_floor_ticket_updated", "updated", "id"),
)
message = sa.Table(
    "floor_message",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("ticket_id", sa.Integer, index=True),
    sa.Column("author", sa.Text),
    sa.Column("body", sa.Text),
    sa.Column("created_at", sa.DateTime(timezone=True)),
)

COPIES = (
    """
    INSERT INTO floor_ticket
    SELECT i.id, i.reference, i.subject, i.requester_name, i.municipality_name,
           coalesce(t.name, ''), coalesce(u.name, ''), i.status, i.received_at
    FROM inquiry i
    LEFT JOIN topic t ON t.id = i.topic_id
    LEFT JOIN "user" u ON u.id = i.assignee_id
    ORDER BY i.id
    """,
    """
    INSERT INTO floor_message
    SELECT id, inquiry_id, author_name, body, created_at FROM message ORDER BY id
    """,
)
SQLITE = (
    "CREATE VIRTUAL TABLE floor_search USING fts5(words)",
    "INSERT INTO floor_search (rowid, words) SELECT rowid, words FROM inquiry_search",
)
POSTGRESQL = (
    "CREATE TABLE floor_search AS SELECT inquiry_id AS ticket_id, terms FROM inquiry_search",
    "ALTER TABLE floor_search ADD PRIMARY KEY (ticket_id)",
    "CREATE INDEX ix_floor_search_terms ON floor_search USING gin (terms)",
    "SELECT setval('floor_ticket_id_seq', (SELECT max(id) FROM floor_ticket))",
    "SELECT setval('floor_message_id_seq', (SELECT max(id) FROM floor_message))",
)


def engine_of(url: str) -> sa.Engine:
    """Return an engine for an address as the product's DATABASE_URL has it."""
    return sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))


def fill(url: str) -> None:
    """Copy the inquiries of the product's database into tables of the floor's own."""
    engine = engine_of(url)
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.begin() as connection:
        metadata.create_all(connection)
        for statement in (*COPIES, *(SQLITE if is_sqlite else POSTGRESQL)):
            connection.exec_driver_sql(statement)
    if not is_sqlite:
        # What autovacuum does within a minute, so that it does not do it while we measure.
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM (ANALYZE)")
            connection.exec_driver_sql("CHECKPOINT")
    engine.dispose()
