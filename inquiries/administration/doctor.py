"""The doctor: is everything set up, and is nothing lost or stuck?

Each check returns a finding with what to do. `look` means worth knowing, `bad` means act.
"""

from __future__ import annotations

import logging
import os
import typing as t
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from inquiries.accounts.models import Centre, Municipality, Role, User
from inquiries.casefile.models import Attachment, Inquiry, Tally
from inquiries.casefile.status import OPEN
from inquiries.classification.models import ClassifierModel
from inquiries.intake.models import PendingUpload
from inquiries.mail.models import MailState, OutgoingMail
from inquiries.platform.settings import settings
from inquiries.platform.web import alembic
from inquiries.timetable.runner import last_heartbeat, overview

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from flask import Flask
    from sqlalchemy.orm import Session

OK, LOOK, BAD = "ok", "look", "bad"
SILENT = timedelta(minutes=2)
STUCK = timedelta(hours=1)
YOUNG = timedelta(hours=1)
"""A file without a row may belong to a filing that is under way right now."""


@dataclass(frozen=True)
class Finding:
    """What a check found, and what to do about it."""

    name: str
    state: str
    message: str
    remedy: str = ""

    @property
    def healthy(self) -> bool:
        """Tell whether nothing has to be done."""
        return self.state != BAD


@dataclass(frozen=True)
class Patient:
    """What is examined."""

    app: Flask
    session: Session
    now: datetime


def examine(app: Flask, session: Session, *, now: datetime) -> list[Finding]:
    """Run all checks; without an up-to-date schema only those that need no tables."""
    patient = Patient(app, session, now)
    findings = [check(patient) for check in (_settings, _storage, _database)]
    if findings[-1].state == OK:
        findings += [check(patient) for check in IN_DATABASE]
    return findings


def _settings(patient: Patient) -> Finding:
    config = patient.app.config
    if config["DEMO"]:
        message = "DEMO is on: everybody may log in with the printed password, no mail leaves"
        return Finding("settings", LOOK, message, "Unset DEMO for real work.")
    if not config["BASE_URL"].startswith("https://"):
        message = f"BASE_URL is {config['BASE_URL']}: links in mails and cookies are not protected"
        return Finding("settings", LOOK, message, "Set BASE_URL to the public https:// address.")
    return Finding("settings", OK, f"links begin with {config['BASE_URL']}")


def _storage(_patient: Patient) -> Finding:
    folder = settings().storage
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        return Finding("storage", BAD, f"{folder}: {error.strerror}", "Correct STORAGE_URL.")
    if not os.access(folder, os.W_OK | os.X_OK):
        return Finding("storage", BAD, f"{folder} is not writable", "Give the user write access.")
    return Finding("storage", OK, f"{folder} is writable")


def _database(_patient: Patient) -> Finding:
    remedy = "Run: flask --app wsgi db upgrade"
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        script = alembic.script_directory
        heads = set(script.get_heads())
        current = {revision.revision for revision in alembic.current()}
    except sa.exc.OperationalError as error:
        return Finding("database", BAD, f"cannot be reached: {error.orig}", "Check DATABASE_URL.")
    if current != heads:
        return Finding("database", BAD, "the schema is not up to date", remedy)
    return Finding("database", OK, "the schema is up to date")


def _catalogue(patient: Patient) -> Finding:
    name = patient.session.scalar(sa.select(Centre.name))
    if name is None:
        return Finding(
            "catalogue",
            BAD,
            "no catalogue is loaded",
            "Run: flask --app wsgi catalogue load catalogues/zentrum-sozialer-zusammenhalt.toml",
        )
    able = sa.select(sa.func.count()).where(User.active, User.password_hash != "", ~User.demo)
    if not patient.app.config["DEMO"] and not patient.session.scalar(able):
        remedy = "Set passwords: flask --app wsgi staff password ADDRESS"
        return Finding("catalogue", BAD, f"{name}, but nobody can log in", remedy)
    administrators = sa.select(sa.func.count()).where(User.active, User.role == Role.ADMINISTRATOR)
    if not patient.session.scalar(administrators):
        remedy = 'Give somebody role = "administrator" in the catalogue.'
        return Finding("catalogue", LOOK, f"{name}, without an administrator", remedy)
    return Finding("catalogue", OK, name)


def _register(patient: Patient) -> Finding:
    count = patient.session.scalar(sa.select(sa.func.count()).select_from(Municipality))
    if not count:
        message = "no register of municipalities: the form takes free text"
        remedy = "Run: flask --app wsgi municipalities import FILE"
        return Finding("municipalities", LOOK, message, remedy)
    return Finding("municipalities", OK, f"{count} rows of the register")


def _model(patient: Patient) -> Finding:
    trained = patient.session.scalar(
        sa.select(ClassifierModel.trained_at).order_by(ClassifierModel.id.desc()).limit(1)
    )
    if trained is None:
        return Finding(
            "classifier",
            BAD,
            "there is no trained model; everything goes to a person",
            "Load the catalogue again.",
        )
    return Finding("classifier", OK, f"trained {trained:%Y-%m-%d %H:%M} UTC")


def _files(patient: Patient) -> Finding:
    known: set[str] = set()
    for column in (Attachment.storage_key, PendingUpload.storage_key):
        known.update(patient.session.scalars(sa.select(column)))
    oldest = (patient.now - YOUNG).timestamp()
    there = {path.name: path for path in _files_in_storage()}
    missing = sorted(known - there.keys())
    ownerless = [
        name for name, path in there.items() if name not in known and path.stat().st_mtime < oldest
    ]
    if missing:
        message = f"{len(missing)} attachments have lost their bytes, such as {missing[0]}"
        return Finding("files", BAD, message, "Bring them back from the backup.")
    if ownerless:
        message = f"{len(ownerless)} files belong to no inquiry, such as {ownerless[0]}"
        return Finding("files", LOOK, message, "They are left from a crash and may be deleted.")
    return Finding("files", OK, f"{len(known)} attachments with their bytes")


def _files_in_storage() -> Iterator[t.Any]:
    folder = settings().storage
    return (path for path in folder.glob("??/*") if path.is_file())


def _mail(patient: Patient) -> Finding:
    count = sa.func.count()
    states = dict(
        patient.session.execute(
            sa.select(OutgoingMail.state, count).group_by(OutgoingMail.state)
        ).all()
    )
    stuck = patient.session.scalar(
        sa.select(count).where(
            OutgoingMail.state.in_([MailState.QUEUED, MailState.SENDING]),
            OutgoingMail.due_at < patient.now - STUCK,
        )
    )
    if unclear := states.get(MailState.UNKNOWN, 0) + states.get(MailState.FAILED, 0):
        message = f"{unclear} mails failed or have an unclear fate"
        return Finding("mail", BAD, message, "Look at them at /verwaltung/ausgang.")
    if stuck:
        message = f"{stuck} mails wait for more than an hour"
        return Finding("mail", BAD, message, "See that `flask --app wsgi worker` runs.")
    if not settings().smtp_url and not settings().demo:
        message = "SMTP_URL is not set: mail stays in the list"
        return Finding("mail", LOOK, message, "Set SMTP_URL and MAIL_FROM.")
    waiting = states.get(MailState.QUEUED, 0) + states.get(MailState.DEFERRED, 0)
    return Finding("mail", OK, f"{states.get(MailState.SENT, 0)} sent, {waiting} waiting")


def _jobs(patient: Patient) -> Finding:
    seen = last_heartbeat(patient.session)
    if seen is None or patient.now - seen > SILENT:
        told = "never seen" if seen is None else f"last seen {seen:%Y-%m-%d %H:%M} UTC"
        remedy = "Start it: flask --app wsgi worker (or make run)"
        return Finding("jobs", BAD, f"the background process does not live ({told})", remedy)
    failed = [
        outline.job.name
        for outline in overview(patient.session, patient.now)
        if outline.last and outline.last.error
    ]
    if failed:
        message = f"the last run failed: {', '.join(failed)}"
        return Finding("jobs", BAD, message, "See /verwaltung/aufgaben and the log.")
    return Finding("jobs", OK, "the background process lives, no run has failed")


def _clock(patient: Patient) -> Finding:
    if patient.session.get_bind().dialect.name == "sqlite":
        return Finding("clock", OK, "one machine, one clock")
    theirs = patient.session.scalar(sa.select(sa.func.clock_timestamp()))
    apart = abs((theirs - patient.now).total_seconds()) if theirs else 0
    if apart > 30:
        message = f"this machine and the database differ by {apart:.0f} seconds"
        return Finding("clock", BAD, message, "Set both clocks by NTP.")
    return Finding("clock", OK, "in step with the database")


def _counts(patient: Patient) -> Finding:
    cell = (Tally.carrier_id, Tally.assignee_id, Tally.status)
    kept = {
        tuple(row[:3]): row[3]
        for row in patient.session.execute(sa.select(*cell, sa.func.sum(Tally.n)).group_by(*cell))
        if row[3]
    }
    nobody = sa.func.coalesce(Inquiry.assignee_id, 0)
    counted = {
        tuple(row[:3]): row[3]
        for row in patient.session.execute(
            sa.select(Inquiry.carrier_id, nobody, Inquiry.status, sa.func.count()).group_by(
                Inquiry.carrier_id, nobody, Inquiry.status
            )
        )
    }
    if kept != counted:
        wrong = sum(kept.get(key) != counted.get(key) for key in kept | counted)
        message = f"{wrong} of the kept counts differ from what is there"
        return Finding("counts", BAD, message, "Report this; the lists are right, counts are not.")
    return Finding("counts", OK, f"{sum(counted.values())} inquiries, counted and kept alike")


def _owners(patient: Patient) -> Finding:
    orphaned = (
        sa.select(sa.func.count()).select_from(Inquiry).join(User, User.id == Inquiry.assignee_id)
    )
    gone = patient.session.scalar(orphaned.where(Inquiry.is_open, ~User.active))
    lonely = patient.session.scalar(
        sa.select(sa.func.count()).where(
            Inquiry.assignee_id.is_(None),
            Inquiry.status.in_([*OPEN]),
            Inquiry.received_at < patient.now - timedelta(days=7),
        )
    )
    if gone:
        message = f"{gone} open inquiries belong to colleagues who have left"
        return Finding("owners", BAD, message, "Hand them over in the list of inquiries.")
    if lonely:
        message = f"{lonely} open inquiries lie in a queue for more than a week"
        return Finding("owners", LOOK, message, "See the view „Nicht zugewiesen“.")
    return Finding("owners", OK, "every open inquiry has somebody or a queue that is looked at")


IN_DATABASE: tuple[Callable[[Patient], Finding], ...] = (
    _catalogue,
    _register,
    _model,
    _files,
    _mail,
    _jobs,
    _clock,
    _counts,
    _owners,
)
