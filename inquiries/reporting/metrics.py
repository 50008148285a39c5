"""What operators watch: the background process and the figures, asked for by their machines."""

from __future__ import annotations

import typing as t
from datetime import timedelta

import sqlalchemy as sa

from inquiries.accounts.directory import NoCatalogue, directory
from inquiries.casefile.models import Inquiry, Tally
from inquiries.casefile.status import CLOCK_RUNS, Status
from inquiries.mail.models import MailState, OutgoingMail
from inquiries.platform.web import health
from inquiries.timetable.jobs import JOBS
from inquiries.timetable.models import JobRun
from inquiries.timetable.runner import last_heartbeat

if t.TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

ON_THE_WAY = (MailState.QUEUED, MailState.SENDING, MailState.DEFERRED)
SILENT = timedelta(minutes=2)
"""A background process that has not shown itself for so long is taken for dead."""


def install() -> None:
    """Hand the check of the background process to `/readyz` and the figures to `/metrics`."""
    health.add_check("worker", worker)
    health.add_gauge("anlaufstelle_inquiries", "Inquiries by status.", by_status, label="status")
    health.add_gauge(
        "anlaufstelle_inquiries_overdue",
        "Inquiries whose answer is late while the deadline counts.",
        overdue,
    )
    health.add_gauge(
        "anlaufstelle_outgoing_mail", "Outgoing mails by state.", mail_by_state, label="state"
    )
    health.add_gauge(
        "anlaufstelle_oldest_mail_seconds",
        "Age of the oldest mail that is due and not out yet; 0 if there is none.",
        oldest_mail,
    )
    health.add_gauge(
        "anlaufstelle_job_lag_seconds",
        "For how long the latest run of a job has been due and not done.",
        job_lag,
        label="job",
    )


def worker(session: Session, now: datetime) -> str:
    """Say whether a background process lives."""
    seen_at = last_heartbeat(session)
    if seen_at is None:
        return "No background process has ever run: start `flask --app wsgi worker`."
    if now - seen_at > SILENT:
        return (
            f"No background process since {seen_at.isoformat(timespec='seconds')}: "
            "mail and reminders wait; start `flask --app wsgi worker`."
        )
    return ""


def by_status(session: Session, _now: datetime) -> dict[str, float]:
    """Return the number of inquiries by status, 0 where there is none."""
    counted = sa.select(Tally.status, sa.func.sum(Tally.n)).group_by(Tally.status)
    found = {status: float(n) for status, n in session.execute(counted)}
    return {str(status): found.get(status, 0.0) for status in Status}


def overdue(session: Session, now: datetime) -> dict[str, float]:
    """Return how many inquiries are late now."""
    late = sa.select(sa.func.count()).where(
        Inquiry.is_open, Inquiry.due_at < now, Inquiry.status.in_(CLOCK_RUNS)
    )
    return {"": float(session.scalar(late) or 0)}


def mail_by_state(session: Session, _now: datetime) -> dict[str, float]:
    """Return the number of outgoing mails by state, 0 where there is none."""
    counted = sa.select(OutgoingMail.state, sa.func.count()).group_by(OutgoingMail.state)
    found = {state: float(n) for state, n in session.execute(counted)}
    return {str(state): found.get(state, 0.0) for state in MailState}


def oldest_mail(session: Session, now: datetime) -> dict[str, float]:
    """Return for how many seconds the oldest mail has been waiting past its time."""
    due_at = session.scalar(
        sa.select(sa.func.min(OutgoingMail.due_at)).where(OutgoingMail.state.in_(ON_THE_WAY))
    )
    return {"": max(0.0, (now - due_at).total_seconds()) if due_at else 0.0}


def job_lag(session: Session, now: datetime) -> dict[str, float]:
    """Return for how many seconds each job's latest slot has been due without being done."""
    try:
        calendar = directory(session).calendar
    except NoCatalogue:  # no job runs before the centre has a calendar
        return {job.name: 0.0 for job in JOBS}
    slots = {job.name: job.slots.latest(now, calendar) for job in JOBS}
    due = {(name, slot.key): slot.moment for name, slot in slots.items() if slot}
    finished = sa.select(JobRun.job, JobRun.slot).where(
        sa.tuple_(JobRun.job, JobRun.slot).in_(due), JobRun.finished_at.is_not(None)
    )
    done = {(job, slot) for job, slot in session.execute(finished)}
    late = {name: (now - due[name, key]).total_seconds() for name, key in due.keys() - done}
    return {job.name: late.get(job.name, 0.0) for job in JOBS}
