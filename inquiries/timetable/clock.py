"""The clock: ticks every few seconds and asks the database what is due.

The schedule stands in code and its state in the table of runs, so there is no job store that two
processes could share by accident, and any number of clocks may tick at once.
"""

from __future__ import annotations

import os
import socket
import time
import typing as t

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from inquiries.platform import clock
from inquiries.platform.settings import settings
from inquiries.timetable.jobs import JOBS, Job, SessionFactory
from inquiries.timetable.runner import beat, run_if_due

if t.TYPE_CHECKING:
    import threading
    from collections.abc import Iterable
    from datetime import datetime

log = structlog.get_logger()

TICK = 5
"""Seconds between two looks at the table."""
BEAT = 15
JUMP = 10.0
"""Seconds by which the wall clock may differ from the steady one before it has been set."""


class Clock:
    """Every job ticks by itself, so that one that takes long holds up no other."""

    def __init__(self, session_factory: SessionFactory, jobs: Iterable[Job] = JOBS) -> None:
        self._session_factory = session_factory
        self._jobs = tuple(jobs)
        self._told: dict[str, str] = {}
        self._worker = f"{socket.gethostname()}:{os.getpid()}"
        self._scheduler = BackgroundScheduler(
            timezone=settings().zone,
            executors={"default": ThreadPoolExecutor(len(self._jobs) + 1)},
            # A tick that comes late still comes, and never beside itself.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Begin to tick, with the first tick now: what was missed is caught up at once."""
        now = clock.now()
        add = self._scheduler.add_job
        add(self._beat, "interval", (now,), seconds=BEAT, id="heartbeat", next_run_time=now)
        for job in self._jobs:
            add(self._tick, "interval", (job,), seconds=TICK, id=job.name, next_run_time=now)
        self._scheduler.start()

    def stop(self) -> None:
        """Stop ticking and wait for what is running."""
        self._scheduler.shutdown(wait=True)

    def keep(self, stopped: threading.Event) -> None:
        """Wait until the event is set; meanwhile notice when somebody sets the machine's clock.

        Ticks are planned by the wall clock: set back by an hour, it would make them pause so long.
        """
        offset = time.time() - time.monotonic()
        while not stopped.wait(TICK):
            seen = time.time() - time.monotonic()
            if abs(seen - offset) > JUMP:
                log.warning("clock.was_set", seconds=round(seen - offset))
                for planned in self._scheduler.get_jobs():
                    planned.modify(next_run_time=clock.now())
                offset = seen

    def _tick(self, job: Job) -> None:
        """Run the job if it is due; the log tells only what is different from last time."""
        result = run_if_due(job, self._session_factory, clock.now())
        if result is not None and self._told.get(job.name) != result:
            self._told[job.name] = result
            log.info("job.done", job=job.name, result=result)

    def _beat(self, started_at: datetime) -> None:
        beat(self._session_factory, self._worker, started_at)
