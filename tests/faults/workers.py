"""Background processes that can be stopped dead at a chosen point of their work.

Each is a process of its own with its own application, clock and connections; only the calendar is
set to a Monday, and the clock ticks faster.
"""

from __future__ import annotations

import functools
import multiprocessing
import signal
import threading
import time
import typing as t
from contextlib import contextmanager
from dataclasses import replace

import time_machine

from inquiries.app import create_app
from inquiries.mail import custody
from inquiries.platform.web import db
from inquiries.reminders import service
from inquiries.timetable import clock
from inquiries.timetable.jobs import JOBS
from inquiries.timetable.slots import Every

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from multiprocessing.process import BaseProcess
    from pathlib import Path

SETTINGS = ("DATABASE_URL", "INSTANCE_PATH", "STORAGE_URL", "BASE_URL", "SECRET_KEY", "MAIL_FROM")

# (module, function, whether the process stops after the function has done its work)
POINTS = {
    "rendered, not committed": (service, "_write", True),
    "committed, not taken for sending": (custody, "take", False),
    "taken, text not handed over": (custody, "begin", False),
    "handed over, not marked as sent": (custody, "settle", False),
}

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["inquiries.app", "tests.faults.workers"])


def _freeze_at(point: str, reached: Path) -> None:
    module, name, afterwards = POINTS[point]
    original = getattr(module, name)

    @functools.wraps(original)
    def frozen(*args: t.Any) -> t.NoReturn:
        if afterwards:
            original(*args)
        reached.touch()
        while True:
            time.sleep(60)

    setattr(module, name, frozen)


def _work(config: dict[str, t.Any], now: datetime, point: str, reached: Path) -> None:
    time_machine.travel(now, tick=True).start()
    clock.TICK = t.cast("int", 0.2)
    if point:
        _freeze_at(point, reached)
    jobs = [
        replace(job, slots=Every(1)) if job.name == "mail-deliver" else job
        for job in JOBS
        if job.name in {"mail-deliver", "weekly-digest"}
    ]
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    app = create_app(config)
    with app.app_context():
        running = clock.Clock(db.sessionmaker, jobs)
        running.start()
        running.keep(stopped)
        running.stop()


def _by_hand(config: dict[str, t.Any], args: list[str]) -> None:
    result = create_app(config).test_cli_runner().invoke(args=args)
    raise SystemExit(result.exit_code)


class Workers:
    """The processes of a test; those that still live at its end are killed."""

    def __init__(self, config: t.Mapping[str, t.Any], folder: Path) -> None:
        self._config = {name: config[name] for name in (*SETTINGS, "SMTP_URL")}
        self._folder = folder
        self._running: list[BaseProcess] = []

    def start(self, now: datetime, point: str = "") -> BaseProcess:
        """Start a worker; with a point, return when it is stuck there."""
        reached = self._folder / f"reached-{len(self._running)}"
        process = processes.Process(target=_work, args=(self._config, now, point, reached))
        process.start()
        self._running.append(process)
        if point:
            wait_until(reached.exists)
        return process

    def by_hand(self, *args: str) -> BaseProcess:
        """Run a command of the product in a process of its own."""
        process = processes.Process(target=_by_hand, args=(self._config, list(args)))
        process.start()
        self._running.append(process)
        return process

    def kill_all(self) -> None:
        for process in self._running:
            process.kill()
            process.join()


@contextmanager
def workers(config: t.Mapping[str, t.Any], folder: Path) -> Iterator[Workers]:
    started = Workers(config, folder)
    try:
        yield started
    finally:
        started.kill_all()


def wait_until(true: t.Callable[[], bool], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not within {seconds} seconds: {true}"
        time.sleep(0.02)
