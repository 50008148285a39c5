"""Write the results as a page: targets first, then a table for each number of inquiries."""

from __future__ import annotations

import platform
import statistics
import typing as t
from dataclasses import dataclass
from importlib.metadata import version

from benchmarks.databases import POSTGRESQL, SQLITE
from benchmarks.measure import VISITORS, Key, Sample, ratio

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from benchmarks.facts import Memory, Weight
    from benchmarks.views import View

GROWTH = 1.3
READY = 3.0
WEB_MEMORY = 140.0
ALL_MEMORY = 250.0
REQUESTS = 8
KIBIBYTES = 80.0
PACKAGES = ("Flask", "SQLAlchemy", "Jinja2", "psycopg", "gunicorn")
REFERENCE_SIZE = 10_000


@dataclass(frozen=True)
class Results:
    """Everything that was measured in one run."""

    samples: Mapping[str, Mapping[Key, Sequence[Sample]]]
    sizes: Sequence[int]
    memory: Memory
    ready: float
    weight: Weight | None
    rounds: int
    seconds: float
    servers: str

    def times(self, view: View, size: int, engine: str, floor: str) -> float:
        """Return how many times the floor's processor time the product needs."""
        samples = self.samples[view.key]
        return ratio(samples, ("product", engine, size), ("floor", floor, size))

    def cpu(self, view: View, name: str, engine: str, size: int) -> float:
        """Return the median processor time of a visit in milliseconds."""
        return statistics.median(one.cpu for one in self.samples[view.key][name, engine, size])

    def growth(self, view: View) -> float:
        """Return by what factor the ratio grows from the fewest to the most inquiries."""
        first, last = self.sizes[0], self.sizes[-1]
        least = self.times(view, first, POSTGRESQL, POSTGRESQL)
        return self.times(view, last, POSTGRESQL, POSTGRESQL) / least


def page(results: Results, views: Sequence[View], *, day: date, command: str) -> str:
    """Return the page in Markdown."""
    size = REFERENCE_SIZE if REFERENCE_SIZE in results.sizes else results.sizes[-1]
    parts = [
        "# Benchmarks",
        INTRODUCTION.format(command=command, day=day.isoformat()),
        f"## Targets ({size:,} inquiries, PostgreSQL)",
        _table(("", "target", "measured", ""), _targets(results, views, size)),
    ]
    for count in results.sizes:
        parts += [f"## {count:,} inquiries", _table(COLUMNS, _rows(results, views, count))]
    parts += [f"## Versions and conditions\n{_conditions(results)}"]
    return "\n\n".join(parts) + "\n"


INTRODUCTION = """Written by `{command}` on {day}; do not edit. How this is measured and how to \
read it: [developers/performance.md](developers/performance.md).

The unit is the **floor**: a bare application that answers the same visit with one indexed \
statement and a plain table, beside the product in the same run, under the same gunicorn, on the \
same data. „3.0 ×“ means: a visit costs three times the floor's processor time, server and \
database together. Ratios carry over to other machines, milliseconds do not."""
COLUMNS = (
    "visit",
    "PostgreSQL, × floor",
    "SQLite, × floor on SQLite",
    "SQLite, × floor on PostgreSQL",
    "floor, PostgreSQL, CPU ms",
    "product, PostgreSQL, CPU ms",
    "product, SQLite, CPU ms",
)


def _targets(results: Results, views: Sequence[View], size: int) -> list[tuple[str, ...]]:
    rows = [
        _held(view.title, view.target, results.times(view, size, POSTGRESQL, POSTGRESQL), "×")
        for view in views
        if view.target
    ]
    if len(results.sizes) > 1:
        span = f"growth of the ratio, {results.sizes[0]:,} to {results.sizes[-1]:,}: "
        rows += [
            _held(span + view.title, GROWTH, results.growth(view), "×")
            for view in views
            if view.target
        ]
    memory = results.memory
    rows += [
        _held("memory (PSS), two web workers and their parent", WEB_MEMORY, memory.web, "MiB"),
        _held(
            f"memory (PSS), with the background process ({memory.processes} processes)",
            ALL_MEMORY,
            memory.all,
            "MiB",
        ),
        _held("ready after `make run`, all installed", READY, results.ready, "s"),
    ]
    if results.weight:
        fonts = f"{results.weight.fonts} of them fonts"
        first = "queue, first visit: "
        rows += [
            _held(f"{first}requests, {fonts}", REQUESTS, results.weight.requests, ""),
            _held(f"{first}gzipped without fonts", KIBIBYTES, results.weight.kibibytes, "KiB"),
        ]
    else:
        rows.append(("queue, first visit", "", "not measured: no browser here", ""))
    return rows


def _held(what: str, target: float, measured: float, unit: str) -> tuple[str, ...]:
    verdict = "met"
    if measured > target:
        verdict = f"**missed by {max(1, round((measured / target - 1) * 100))} %**"
    return (what, f"≤ {target:g} {unit}".strip(), f"{_short(measured)} {unit}".strip(), verdict)


def _rows(results: Results, views: Sequence[View], size: int) -> list[tuple[str, ...]]:
    rows = []
    for view in views:
        ratios = (
            results.times(view, size, POSTGRESQL, POSTGRESQL),
            results.times(view, size, SQLITE, SQLITE),
            results.times(view, size, SQLITE, POSTGRESQL),
        )
        times = (
            results.cpu(view, "floor", POSTGRESQL, size),
            results.cpu(view, "product", POSTGRESQL, size),
            results.cpu(view, "product", SQLITE, size),
        )
        rows.append((view.title, *map(_short, ratios), *map(_short, times)))
    return rows


def _conditions(results: Results) -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"Python {platform.python_version()}, {versions}; {results.servers}. PostgreSQL with fsync,"
        " synchronous_commit and full_page_writes on, shared_buffers 512 MB; SQLite with WAL and"
        " synchronous=FULL. Two web workers for each application."
        f" {VISITORS} visitors in a closed loop, a new connection for each request;"
        f" {results.rounds} rounds of {results.seconds:g} s for each visit and application, all"
        " sizes and databases in turn; the ratio is the median over the rounds. Filing is compared"
        " with the floor's form and its storing of a ticket, a message and an index row."
    )


def _short(number: float) -> str:
    return f"{number:.0f}" if number >= 100 or number == int(number) else f"{number:.2f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
