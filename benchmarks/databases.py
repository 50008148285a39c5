"""The databases to measure on: filled by the product's own commands, with the floor's copy beside.

PostgreSQL is a cluster of our own with the settings of a careful installation: what is committed
is on the disk. The same demo inquiries lie in each database of a size.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import sqlalchemy as sa

from benchmarks import floor_tables
from benchmarks.processes import HOME, parent_of
from tests.servers import start_postgres

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.servers import Postgres

SEED = 1
CATALOGUE = HOME / "catalogues" / "zentrum-sozialer-zusammenhalt.toml"
DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "512MB",
    "work_mem": "16MB",
}
POSTGRESQL, SQLITE = "PostgreSQL", "SQLite"


@dataclass(frozen=True)
class Database:
    """A database with demo inquiries, and the folder of the instance that works on it."""

    engine: str
    size: int
    url: str
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """The product's settings for it.

        Each filing comes from another address, as behind a reverse proxy, so that the rate limit
        of the form is counted but never reached.
        """
        return {
            "INSTANCE_PATH": str(self.folder),
            "DATABASE_URL": self.url,
            "DEMO": "1",
            "PROXIES": "1",
            "SMTP_URL": "",
            "FLOOR_DATABASE_URL": self.url,
        }

    def ask(self, question: str, **values: object) -> list[t.Any]:
        """Return the first column of what a query finds."""
        engine = floor_tables.engine_of(self.url)
        try:
            with engine.connect() as connection:
                return list(connection.execute(sa.text(question), values).scalars())
        finally:
            engine.dispose()

    @cached_property
    def advisor(self) -> str:
        """Log-in of the advisor who has most inquiries."""
        return self._person(
            'SELECT u.email FROM "user" u JOIN inquiry i ON i.assignee_id = u.id'
            " WHERE u.role = 'advisor' GROUP BY u.email ORDER BY count(*) DESC, u.email LIMIT 1"
        )

    @cached_property
    def coordinator(self) -> str:
        """Log-in of somebody who sees all inquiries."""
        return self._person("SELECT email FROM \"user\" WHERE role = 'coordinator' LIMIT 1")

    def _person(self, question: str) -> str:
        return str(self.ask(question)[0])

    def references(self, count: int) -> list[str]:
        """Return references of this advisor's inquiries with three messages, spread over all."""
        found = self.ask(
            "SELECT i.reference FROM inquiry i"
            ' JOIN "user" u ON u.id = i.assignee_id AND u.email = :email'
            " JOIN message m ON m.inquiry_id = i.id"
            " GROUP BY i.id, i.reference HAVING count(*) = 3 ORDER BY i.id",
            email=self.advisor,
        )
        return [str(one) for one in found[:: max(1, len(found) // count)][:count]]

    def flask(self, *command: str) -> None:
        """Run one of the product's commands on this database.

        Raises:
            RuntimeError: with what the command said when it failed.
        """
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *command],
            cwd=HOME,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"flask {' '.join(command)}: {done.stderr[-2000:]}")


@contextlib.contextmanager
def databases(sizes: Sequence[int], folder: Path) -> Iterator[tuple[list[Database], int]]:
    """Make all databases; yields them and the number of PostgreSQL's first process."""
    cluster = start_postgres(**DURABLE)
    try:
        empty = {engine: _database(cluster, engine, 0, folder) for engine in (POSTGRESQL, SQLITE)}
        with ThreadPoolExecutor(len(empty)) as pool:
            list(pool.map(_furnish, empty.values()))
            made = [_database(cluster, engine, size, folder) for size in sizes for engine in empty]
            list(pool.map(_fill, reversed(made)))
        yield made, _first_process(empty[POSTGRESQL].url)
    finally:
        cluster.stop()


def _database(cluster: Postgres, engine: str, size: int, folder: Path) -> Database:
    """Make a database: an empty one, or a copy of the one that is furnished already."""
    place, furnished = (folder / f"{engine.lower()}-{number}" for number in (size, 0))
    if size:
        shutil.copytree(furnished, place)
    else:
        place.mkdir()
    url = f"sqlite:///{place / 'anlaufstelle.db'}"
    if engine == POSTGRESQL:
        template = "anlaufstelle_0" if size else "template0"
        url = cluster.create_database(f"anlaufstelle_{size}", template=template)
    return Database(engine, size, url, place)


def _furnish(database: Database) -> None:
    database.flask("db", "upgrade")
    database.flask("catalogue", "load", str(CATALOGUE))


def _fill(database: Database) -> None:
    began = time.perf_counter()
    database.flask("demo", "--inquiries", str(database.size), "--seed", str(SEED))
    floor_tables.fill(database.url)
    took = time.perf_counter() - began
    print(f"  {database.size:>7,} inquiries in {database.engine} ({took:.0f} s)", flush=True)


def _first_process(url: str) -> int:
    engine = floor_tables.engine_of(url)
    with engine.connect() as connection:
        backend = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
        first = parent_of(backend)
    engine.dispose()
    return first
