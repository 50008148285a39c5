"""What a visitor or operator notices besides speed: start, memory, weight of the first page."""

from __future__ import annotations

import gzip
import os
import statistics
import sys
import time
import typing as t
from dataclasses import dataclass

from playwright.sync_api import sync_playwright

from benchmarks.measure import WARM_UP
from benchmarks.processes import Server, family, pss_mebibytes
from benchmarks.views import ALL, VIEWS, Target
from tests.servers import CHROMIUM_FLAGS, chromium_path

if t.TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Response

    from benchmarks.databases import Database

PROBE = "/anmelden"
STARTS = 3
SETTLE = 8.0
"""Seconds in which the background process runs each of its jobs once."""
PLAIN = ("text/", "application/javascript", "application/json", "image/svg")


@dataclass(frozen=True)
class Memory:
    """Proportional share of memory in MiB, and how many processes share it."""

    web: float
    all: float
    processes: int


@dataclass(frozen=True)
class Weight:
    """What a browser fetches for the queue on its first visit."""

    requests: int
    fonts: int
    kibibytes: float


def ready_after(folder: Path) -> float:
    """Return the seconds from `make run` to the first page, when all is installed and filled."""
    folder.mkdir()
    environment = {"INSTANCE_PATH": str(folder / "instance"), "DEMO": "1", "DATABASE_URL": ""}
    took = []
    for _ in range(STARTS + 1):
        server = Server(["make", "run"], environment, folder / "log", probe=PROBE)
        took.append(server.ready_after)
        server.stop()
    return statistics.median(took[1:])


def memory(database: Database) -> Memory:
    """Measure `serve` after all kinds of visits, alone: shared pages would make it look smaller.

    Raises:
        RuntimeError: when its processes are others than we know.
    """
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "serve"]
    server = Server(command, database.environment, database.folder / "serve.log", probe=PROBE)
    try:
        target = Target("product", database, server.port, (server.pid,))
        target.let_in()
        for view in VIEWS:
            visitor = target.visitor(view, 0)
            for _ in range(4 * WARM_UP):
                view.product(visitor)
        time.sleep(SETTLE)
        everything = family([server.pid])
        web = [pid for pid in everything if pid != server.pid and len(family([pid])) > 1]
        if len(web) != 1:
            raise RuntimeError(f"not one web server but {len(web)} among {len(everything)}")
        return Memory(pss_mebibytes(web), pss_mebibytes([server.pid]), len(everything))
    finally:
        server.stop()


def weight(target: Target) -> Weight | None:
    """Let a browser with an empty cache open the queue; None where there is no browser."""
    program = chromium_path()
    if program is None:
        return None
    flags = [*CHROMIUM_FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    answers: list[Response] = []

    def remember(answer: Response) -> None:  # Playwright marks its listeners: no built-in will do
        answers.append(answer)

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=flags)
        context = chromium.new_context(locale="de-DE")
        base = f"http://127.0.0.1:{target.port}"
        context.add_cookies(
            [
                {"name": name, "value": value, "url": base}
                for name, value in target.cookies["advisor"].items()
            ]
        )
        page = context.new_page()
        page.on("response", remember)
        page.goto(base + ALL, wait_until="networkidle")
        fonts = [one for one in answers if one.request.resource_type == "font"]
        sizes = [_gzipped(one) for one in answers if one not in fonts]
        chromium.close()
    return Weight(len(answers), len(fonts), sum(sizes) / 1024)


def _gzipped(answer: Response) -> int:
    body = answer.body()
    plain = answer.headers.get("content-type", "").startswith(PLAIN)
    return len(gzip.compress(body, 6)) if plain else len(body)
