"""Runs what is due, each slot once, whatever number of processes ask.

The row of a slot is inserted before the work begins, under a unique key: who gets it in does the
work. A run whose lease is over without an end has died and is taken over; so is, after a pause, a
run that failed. Nothing here is held while the work runs, neither lock nor transaction.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from inquiries.accounts.directory import NoCatalogue, directory
from inquiries.platform import clock
from inquiries.platform.db import insert_for, transaction
from inquiries.platform.settings import settings
from inquiries.platform.workdays import Calendar
from inquiries.timetable.jobs import JOBS, Job, SessionFactory
from inquiries.timetable.models import Heartbeat, JobRun

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

log = structlog.get_logger()

PAUSE = timedelta(minutes=1)
FORGOTTEN = timedelta(days=1)
BY_HAND = "hand:"


@dataclass(frozen=True)
class Claim:
    """The right to do the work of a slot; the attempt is its proof."""

    id: int
    attempt: int


@dataclass(frozen=True)
class Outline:
    """A job as the page and the command show it."""

    job: Job
    last: JobRun | None
    next_at: datetime


def run_due(
    session_factory: SessionFactory, now: datetime, jobs: Iterable[Job] = JOBS
) -> dict[str, str]:
    """Run every job whose latest slot has not run; returns the sentences by the job's name."""
    results = {job.name: run_if_due(job, session_factory, now) for job in jobs}
    return {name: result for name, result in results.items() if result is not None}


def run_if_due(job: Job, session_factory: SessionFactory, now: datetime) -> str | None:
    """Run a job if its latest slot has not run yet; returns its sentence, or None if it has.

    A job that was missed while the machine was off is caught up by this, once. Before a catalogue
    is loaded there is nothing to do, and no slot is used up.
    """
    with session_factory() as session:
        try:
            calendar = directory(session).calendar
        except NoCatalogue:
            return None
        slot = job.slots.latest(now, calendar)
        claim = _claim(session, job, slot.key) if slot else None
    return _work(job, claim, session_factory, now) if claim else None


def run_by_hand(job: Job, session_factory: SessionFactory, now: datetime) -> str:
    """Run a job as if it were that moment, without using up its slot.

    Raises:
        Exception: whatever the job raises.
    """
    with session_factory() as session:
        claim = _claim(session, job, f"{BY_HAND}{clock.now().isoformat()}")
    if claim is None:
        message = f"{job.name}: started twice in the same microsecond"
        raise RuntimeError(message)
    try:
        result = job.run(session_factory, now)
    except Exception as error:
        _finish(session_factory, job, claim, error=type(error).__name__)
        raise
    _finish(session_factory, job, claim, result=result)
    return result


def calendar_of(session: Session) -> Calendar:
    """Return the centre's calendar; before a catalogue is loaded, one without closing days."""
    try:
        return directory(session).calendar
    except NoCatalogue:
        return Calendar(zone=settings().zone)


def _claim(session: Session, job: Job, slot: str) -> Claim | None:
    moment = clock.now()
    row = session.scalar(sa.select(JobRun).where(JobRun.job == job.name, JobRun.slot == slot))
    if row and (row.finished_at or row.lease_until >= moment):
        return None
    started = {"started_at": moment, "lease_until": moment + job.lease}
    taken: sa.Executable
    if row is None:
        taken = (
            insert_for(session, JobRun)
            .values(job=job.name, slot=slot, attempt=1, result="", error="", **started)
            .on_conflict_do_nothing()
            .returning(JobRun.id, JobRun.attempt)
        )
    else:
        taken = (
            sa.update(JobRun)
            .where(JobRun.id == row.id, JobRun.attempt == row.attempt, JobRun.finished_at.is_(None))
            .values(attempt=JobRun.attempt + 1, **started)
            .returning(JobRun.id, JobRun.attempt)
            .execution_options(synchronize_session=False)
        )
    with transaction(session):
        mine = session.execute(taken).one_or_none()
    return Claim(*mine) if mine else None


def _work(job: Job, claim: Claim, session_factory: SessionFactory, now: datetime) -> str:
    try:
        result = job.run(session_factory, now)
    except Exception as error:
        # The other jobs and the next slot go on; this one is tried again after a pause.
        log.exception("job.failed", job=job.name, attempt=claim.attempt)
        name = type(error).__name__
        if claim.attempt >= job.attempts:
            _finish(session_factory, job, claim, error=name)
        else:
            _try_again(session_factory, claim, error=name)
        return f"Fehlgeschlagen: {name}."
    _finish(session_factory, job, claim, result=result)
    return result


def _finish(
    session_factory: SessionFactory, job: Job, claim: Claim, *, result: str = "", error: str = ""
) -> None:
    """Write the end of a run unless it was taken over, and clear away runs nobody looks at."""
    moment = clock.now()
    values = {"finished_at": moment, "result": result, "error": error}
    old = sa.delete(JobRun).where(
        JobRun.job == job.name, JobRun.started_at < moment - job.slots.keep, JobRun.id != claim.id
    )
    with session_factory() as session, transaction(session):
        session.execute(sa.update(JobRun).where(*_mine(claim)).values(**values))
        session.execute(old)


def _try_again(session_factory: SessionFactory, claim: Claim, *, error: str) -> None:
    pause_over = clock.now() + PAUSE * (1 << (claim.attempt - 1))
    with session_factory() as session, transaction(session):
        session.execute(
            sa.update(JobRun).where(*_mine(claim)).values(lease_until=pause_over, error=error)
        )


def _mine(claim: Claim) -> tuple[sa.ColumnElement[bool], ...]:
    return (JobRun.id == claim.id, JobRun.attempt == claim.attempt, JobRun.finished_at.is_(None))


def overview(session: Session, now: datetime, jobs: Iterable[Job] = JOBS) -> list[Outline]:
    """Return all jobs with their last run and the next moment."""
    newest = sa.select(sa.func.max(JobRun.id)).group_by(JobRun.job)
    last = {run.job: run for run in session.scalars(sa.select(JobRun).where(JobRun.id.in_(newest)))}
    calendar = calendar_of(session)
    return [Outline(job, last.get(job.name), job.slots.following(now, calendar)) for job in jobs]


def beat(session_factory: SessionFactory, worker: str, started_at: datetime) -> None:
    """Show that this process lives; rows of processes that are long gone are cleared away."""
    moment = clock.now()
    with session_factory() as session, transaction(session):
        session.execute(
            insert_for(session, Heartbeat)
            .values(worker=worker, started_at=started_at, seen_at=moment)
            .on_conflict_do_update(
                index_elements=[Heartbeat.worker],
                set_={"seen_at": moment, "started_at": started_at},
            )
        )
        session.execute(sa.delete(Heartbeat).where(Heartbeat.seen_at < moment - FORGOTTEN))


def last_heartbeat(session: Session) -> datetime | None:
    """Return when a background process last showed that it lives."""
    return session.scalar(sa.select(Heartbeat.seen_at).order_by(Heartbeat.seen_at.desc()).limit(1))
