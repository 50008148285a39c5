"""Keep exact counts by triggers, and the words of every file for full-text search.

Both exist in the database only: triggers cannot be forgotten by a bulk insert, and the two
databases have full-text search of different kinds.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SQLITE = (
    """
    CREATE TRIGGER inquiry_tally_insert AFTER INSERT ON inquiry BEGIN
      INSERT INTO inquiry_tally (carrier_id, assignee_id, status, n)
      VALUES (NEW.carrier_id, COALESCE(NEW.assignee_id, 0), NEW.status, 1);
    END
    """,
    """
    CREATE TRIGGER inquiry_tally_update AFTER UPDATE OF carrier_id, assignee_id, status ON inquiry
    WHEN NEW.carrier_id != OLD.carrier_id OR NEW.status != OLD.status
      OR COALESCE(NEW.assignee_id, 0) != COALESCE(OLD.assignee_id, 0)
    BEGIN
      INSERT INTO inquiry_tally (carrier_id, assignee_id, status, n) VALUES
        (OLD.carrier_id, COALESCE(OLD.assignee_id, 0), OLD.status, -1),
        (NEW.carrier_id, COALESCE(NEW.assignee_id, 0), NEW.status, 1);
    END
    """,
    """
    CREATE TRIGGER inquiry_tally_delete AFTER DELETE ON inquiry BEGIN
      INSERT INTO inquiry_tally (carrier_id, assignee_id, status, n)
      VALUES (OLD.carrier_id, COALESCE(OLD.assignee_id, 0), OLD.status, -1);
    END
    """,
    "CREATE VIRTUAL TABLE inquiry_search USING fts5(words)",
)
SQLITE_BACK = (
    "DROP TABLE inquiry_search",
    "DROP TRIGGER inquiry_tally_delete",
    "DROP TRIGGER inquiry_tally_update",
    "DROP TRIGGER inquiry_tally_insert",
)

POSTGRESQL = (
    """
    CREATE FUNCTION inquiry_tally_count() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'UPDATE' AND (NEW.carrier_id, COALESCE(NEW.assignee_id, 0), NEW.status)
                            = (OLD.carrier_id, COALESCE(OLD.assignee_id, 0), OLD.status) THEN
        RETURN NULL;
      END IF;
      IF TG_OP <> 'INSERT' THEN
        INSERT INTO inquiry_tally (carrier_id, assignee_id, status, n)
        VALUES (OLD.carrier_id, COALESCE(OLD.assignee_id, 0), OLD.status, -1);
      END IF;
      IF TG_OP <> 'DELETE' THEN
        INSERT INTO inquiry_tally (carrier_id, assignee_id, status, n)
        VALUES (NEW.carrier_id, COALESCE(NEW.assignee_id, 0), NEW.status, 1);
      END IF;
      RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER inquiry_tally AFTER INSERT OR DELETE OR UPDATE OF carrier_id, assignee_id, status
    ON inquiry FOR EACH ROW EXECUTE FUNCTION inquiry_tally_count()
    """,
    """
    CREATE TABLE inquiry_search (
      inquiry_id integer PRIMARY KEY REFERENCES inquiry (id) ON DELETE CASCADE,
      words text NOT NULL,
      terms tsvector GENERATED ALWAYS AS (to_tsvector('simple', words)) STORED
    )
    """,
    "CREATE INDEX ix_inquiry_search_terms ON inquiry_search USING gin (terms)",
)
POSTGRESQL_BACK = (
    "DROP TABLE inquiry_search",
    "DROP TRIGGER inquiry_tally ON inquiry",
    "DROP FUNCTION inquiry_tally_count()",
)


def _run(sqlite: tuple[str, ...], postgresql: tuple[str, ...]) -> None:
    dialect = op.get_bind().dialect.name
    for statement in sqlite if dialect == "sqlite" else postgresql:
        op.execute(statement)


def upgrade() -> None:
    """Bring the schema forward."""
    _run(SQLITE, POSTGRESQL)


def downgrade() -> None:
    """Take the schema back."""
    _run(SQLITE_BACK, POSTGRESQL_BACK)
