"""The migrations build what the models say, and lead back again, on both databases."""

from __future__ import annotations

import typing as t

import pytest
import sqlalchemy as sa

from inquiries.app import create_app
from inquiries.platform.web import alembic, db
from tests.conftest import _config

if t.TYPE_CHECKING:
    from pathlib import Path

    from tests.servers import Postgres

OURS_ALONE = {"alembic_version", "inquiry_search"}
"""Tables that exist in the database only: migrations make them, no model does."""


def _goes_there_and_back(folder: Path, url: str) -> None:
    app = create_app(_config(folder, url))
    with app.app_context():
        alembic.upgrade()
        assert _drift() == []
        alembic.downgrade("base")
        tables = set(sa.inspect(db.engine).get_table_names())
        assert {name for name in tables if not name.startswith("inquiry_search")} <= OURS_ALONE
        alembic.upgrade()
        assert _drift() == []
        db.session.close()
        db.engine.dispose()


def _drift() -> list[t.Any]:
    """Return what the database has otherwise than the models."""
    return [
        difference
        for difference in alembic.compare_metadata()
        if not any("inquiry_search" in str(part) for part in difference)
    ]


def test_on_sqlite(tmp_path: Path) -> None:
    _goes_there_and_back(tmp_path, f"sqlite:///{tmp_path / 'there_and_back.db'}")


# PostgreSQL keeps the expression in words of its own, so Alembic cannot compare it.
@pytest.mark.filterwarnings("ignore:Computed default on inquiry.is_open:UserWarning")
def test_on_postgresql(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.create_database("there_and_back")
    _goes_there_and_back(tmp_path, url)
    postgres.drop_database("there_and_back")
