"""`python -m benchmarks`: measure the product against the floor and write docs/benchmarks.md."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sqlite3
import sys
import tempfile
import typing as t
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import facts, measure, report
from benchmarks.databases import POSTGRESQL, Database, databases
from benchmarks.processes import HOME, gunicorn
from benchmarks.views import VIEWS, Target
from tests.servers import Missing

if t.TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = HOME / "docs" / "benchmarks.md"
SIZES = (1_000, 10_000, 100_000)
MODULES = {"floor": ("benchmarks.floor:app", "/"), "product": ("wsgi:app", facts.PROBE)}


def main() -> int:
    """Measure; returns the exit code."""
    options = _options()
    # Told to stop, it still stops its servers and removes its databases.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    views = [view for view in VIEWS if not options.views or view.key in options.views]
    try:
        with tempfile.TemporaryDirectory(prefix="anlaufstelle-bench-") as name:
            results = _measured(options, views, Path(name))
    except Missing as missing:
        print(f"Nothing was measured: {missing}", file=sys.stderr)
        return 1
    today = datetime.now(UTC).date()
    measured = [view for view in views if view.key in results.samples]
    text = report.page(results, measured, day=today, command=_command())
    print(f"\n{text}")
    if len(measured) < len(views):
        print(f"Not everything could be measured: {PAGE.relative_to(HOME)} stays as it is.")
        return 1
    if options.quick or options.views or tuple(options.sizes) != SIZES:
        print(f"A part was measured: {PAGE.relative_to(HOME)} stays as it is.")
    else:
        PAGE.write_text(text, encoding="utf-8")
        print(f"Written to {PAGE.relative_to(HOME)}.")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("--quick", action="store_true", help="1,000 inquiries only, short rounds")
    add("--sizes", type=int, nargs="+", default=list(SIZES), help="numbers of inquiries")
    add("--views", nargs="+", choices=[view.key for view in VIEWS], help="only these visits")
    add("--rounds", type=int, default=5)
    add("--seconds", type=float, default=0.8, help="length of a round")
    options = parser.parse_args()
    if options.quick:
        options.sizes, options.rounds, options.seconds = [SIZES[0]], 3, 0.4
    return options


def _command() -> str:
    arguments = " ".join(sys.argv[1:])
    return f'make bench ARGS="{arguments}"' if arguments else "make bench"


def _measured(
    options: argparse.Namespace, views: Sequence[report.View], folder: Path
) -> report.Results:
    print("Filling databases")
    with databases(options.sizes, folder) as (made, postgres):
        print("Starting with `make run`, looking at memory", flush=True)
        ready = facts.ready_after(folder / "run")
        middle = made[len(options.sizes) // 2 * 2]
        memory = facts.memory(middle)
        with contextlib.ExitStack() as stack:
            targets = [
                _start(stack, name, database, postgres)
                for database in made
                for name in ("floor", "product")
            ]
            for target in targets:
                target.let_in()
            product = next(one for one in targets if one.name == "product")
            weight = facts.weight(product)
            print("Measuring", flush=True)
            samples = measure.run(targets, views, rounds=options.rounds, seconds=options.seconds)
        backend = next(one for one in made if one.engine == POSTGRESQL)
        return report.Results(
            samples=samples,
            sizes=options.sizes,
            memory=memory,
            ready=ready,
            weight=weight,
            rounds=options.rounds,
            seconds=options.seconds,
            servers=_servers(backend),
        )


def _start(stack: contextlib.ExitStack, name: str, database: Database, postgres: int) -> Target:
    module, probe = MODULES[name]
    log = database.folder / f"{name}.log"
    server = gunicorn(module, database.environment, log, probe=probe)
    stack.callback(server.stop)
    pids = (server.pid, postgres) if database.engine == POSTGRESQL else (server.pid,)
    return Target(name, database, server.port, pids)


def _servers(database: Database) -> str:
    postgres = str(database.ask("SHOW server_version")[0]).split()[0]
    return f"PostgreSQL {postgres}, SQLite {sqlite3.sqlite_version}"


if __name__ == "__main__":
    sys.exit(main())
