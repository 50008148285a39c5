"""The operator asks the doctor whether all is well, and is told what to do where it is not."""

from __future__ import annotations

import json
import os
from datetime import timedelta

import pytest
import sqlalchemy as sa

from inquiries.accounts.models import Centre, User
from inquiries.administration import demo, doctor
from inquiries.casefile.models import Attachment, Message
from inquiries.classification.models import ClassifierModel
from inquiries.mail.models import MailState, OutgoingMail
from inquiries.platform import clock, files
from inquiries.platform.db import transaction
from inquiries.platform.web import db
from inquiries.timetable.models import JobRun
from inquiries.timetable.runner import beat
from tests.conftest import NOW


@pytest.fixture
def healthy(app, session):
    """A centre at which somebody can log in and the background process lives."""
    with transaction(session):
        session.execute(sa.update(User).values(password_hash="set"))
    beat(db.sessionmaker, "test:1", clock.now())
    return session


def findings(app, now=None):
    db.session.rollback()
    found = doctor.examine(app, db.session, now=now or clock.now())
    return {finding.name: finding for finding in found}


def mail(**values):
    given = {
        "letter": "notice",
        "recipient": "a@example.org",
        "subject": "x",
        "message_id": "<x@example.org>",
        "raw": b"",
        "created_at": NOW,
        "due_at": NOW,
    }
    return OutgoingMail(**(given | values))


def test_a_well_kept_centre_is_healthy(app, healthy):
    found = findings(app)
    assert all(finding.healthy for finding in found.values()), found
    assert {
        "settings",
        "database",
        "catalogue",
        "files",
        "mail",
        "jobs",
        "counts",
        "owners",
    } <= set(found)


def test_a_centre_with_a_demonstration_is_consistent(either_app):
    demo.fill(db.session, 200, 1, now=clock.now())
    found = findings(either_app)
    assert found["counts"].state == doctor.OK
    assert found["files"].state == doctor.OK


def test_nobody_can_log_in_before_passwords_are_set(app):
    assert findings(app)["catalogue"].state == doctor.BAD


def test_a_missing_catalogue_or_model_is_bad(app, healthy):
    with transaction(healthy):
        healthy.execute(sa.delete(ClassifierModel))
        healthy.execute(sa.delete(Centre))
    found = findings(app)
    assert "catalogue load" in found["catalogue"].remedy
    assert found["classifier"].state == doctor.BAD


def test_an_old_schema_is_named_and_nothing_else_is_tried(app, session):
    with transaction(session):
        session.execute(sa.text("DELETE FROM alembic_version"))
    found = findings(app)
    assert found["database"].state == doctor.BAD
    assert "db upgrade" in found["database"].remedy
    assert "counts" not in found


def test_lost_and_ownerless_files_are_found(app, healthy):
    stored = files.store(b"content")
    path = files.path_of(stored.storage_key)
    assert findings(app)["files"].state == doctor.OK, "may belong to a filing under way"
    yesterday = (clock.now() - timedelta(days=1)).timestamp()
    os.utime(path, (yesterday, yesterday))
    assert "belong to no inquiry" in findings(app)["files"].message
    demo.fill(healthy, 1, 1, now=clock.now())
    with transaction(healthy):
        message = healthy.scalars(sa.select(Message)).first()
        healthy.add(
            Attachment(
                inquiry_id=message.inquiry_id,
                message_id=message.id,
                filename="a.pdf",
                content_type="application/pdf",
                size=7,
                sha256=stored.sha256,
                storage_key=stored.storage_key,
            )
        )
    assert findings(app)["files"].state == doctor.OK
    files.remove(stored.storage_key)
    assert findings(app)["files"].state == doctor.BAD


@pytest.mark.parametrize(
    ("state", "part"),
    [
        (MailState.FAILED, "failed or have an unclear fate"),
        (MailState.UNKNOWN, "failed or have an unclear fate"),
        (MailState.QUEUED, "wait for more than an hour"),
    ],
)
def test_mail_that_failed_or_is_stuck_is_bad(app, healthy, state, part):
    with transaction(healthy):
        healthy.add(mail(state=state))
    finding = findings(app)["mail"]
    assert finding.state == doctor.BAD
    assert part in finding.message


def test_a_silent_background_process_is_bad(app, healthy):
    assert findings(app, clock.now() + timedelta(hours=1))["jobs"].state == doctor.BAD


def test_a_job_that_failed_is_bad(app, healthy):
    now = clock.now()
    with transaction(healthy):
        run = JobRun(job="tally-fold", slot="1", started_at=now, lease_until=now, error="OSError")
        healthy.add(run)
    assert "tally-fold" in findings(app)["jobs"].message


def test_counts_that_are_wrong_are_bad(app, healthy):
    demo.fill(healthy, 2, 1, now=clock.now())
    with transaction(healthy):
        healthy.execute(sa.text("DELETE FROM inquiry_tally"))
    assert findings(app)["counts"].state == doctor.BAD


def test_open_inquiries_of_somebody_who_left_are_bad(app, healthy):
    demo.fill(healthy, 30, 1, now=clock.now())
    with transaction(healthy):
        healthy.execute(
            sa.update(User).where(User.key.in_(["roth", "lebriez"])).values(active=False)
        )
    finding = findings(app)["owners"]
    assert finding.state == doctor.BAD
    assert "have left" in finding.message


def test_the_command_says_what_to_do_and_exits_with_1(app, healthy):
    runner = app.test_cli_runner()
    well = runner.invoke(args=["doctor", "--json"])
    assert json.loads(well.stdout)["healthy"]
    assert well.exit_code == 0
    with transaction(healthy):
        healthy.add(mail(state=MailState.FAILED))
    ill = runner.invoke(args=["doctor"])
    assert ill.exit_code == 1
    assert "bad   mail: 1 mails failed" in ill.stdout
    assert "→ Look at them at /verwaltung/ausgang." in ill.stdout
