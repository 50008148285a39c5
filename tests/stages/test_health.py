"""Machines ask whether the product lives, whether it is ready, and for its figures."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from inquiries.casefile.models import Channel
from inquiries.intake.service import Submission, receive
from inquiries.platform.db import transaction
from inquiries.platform.web import db, health
from inquiries.reporting import metrics
from inquiries.timetable.models import Heartbeat, JobRun
from tests.conftest import NOW

if t.TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient


@pytest.fixture
def healthy(monkeypatch):
    """Only the checks of the ground: no background process runs in this test."""
    kept = {name: health._checks[name] for name in ("database", "schema")}
    monkeypatch.setattr(health, "_checks", kept)
    return kept


def test_the_process_lives_even_without_a_database(client: FlaskClient, monkeypatch):
    monkeypatch.setattr(health, "db", None)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_ready_when_nothing_is_wrong(client: FlaskClient, healthy):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {"ready": True, "reasons": {}}


def test_not_ready_when_the_schema_is_older_than_the_code(client: FlaskClient, healthy, session):
    with transaction(session):
        session.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "The schema is 0001" in answer.json["reasons"]["schema"]


def test_not_ready_when_the_database_is_away(client: FlaskClient, healthy, monkeypatch):
    def away(_session, _now):
        raise sa.exc.OperationalError("SELECT 1", {}, Exception("password=secret refused"))

    monkeypatch.setitem(health._checks, "database", away)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["reasons"]["database"] == "The database does not answer (OperationalError)."
    assert "secret" not in answer.text


def test_a_stage_adds_a_check_of_its_own(client: FlaskClient, healthy):
    health.add_check("worker", lambda _session, _now: "No background process.")
    assert client.get("/readyz").json["reasons"] == {"worker": "No background process."}


def test_not_ready_before_the_background_process_has_shown_itself(client: FlaskClient):
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert list(answer.json["reasons"]) == ["worker"]


@pytest.mark.parametrize(("silent_for", "status"), [(30, 200), (119, 200), (180, 503)])
def test_ready_while_a_background_process_shows_itself(
    client: FlaskClient, session, silent_for, status
):
    seen = datetime.now(UTC) - timedelta(seconds=silent_for)
    with transaction(session):
        session.add(Heartbeat(worker="host:1", started_at=seen, seen_at=seen))
    assert client.get("/readyz").status_code == status


def test_a_job_that_is_due_and_not_done_shows_its_lag(app: Flask, session):
    tuesday = NOW + timedelta(days=1)
    assert metrics.job_lag(session, tuesday)["weekly-digest"] == 26.5 * 3600
    with transaction(session):
        session.add(
            JobRun(
                job="weekly-digest",
                slot="2026-W48",
                started_at=NOW,
                lease_until=NOW,
                finished_at=NOW,
            )
        )
    assert metrics.job_lag(session, tuesday)["weekly-digest"] == 0.0


def test_figures_for_prometheus(app: Flask, client: FlaskClient):
    with transaction(db.session) as session:
        question = Submission(
            subject="Förderung",
            body="Wie?",
            channel=Channel.FORM,
            requester_name="M. Muster",
            requester_email="muster@stadt.example",
        )
        inquiry = receive(session, question, by=None, now=NOW).inquiry
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=")
    lines = answer.text.splitlines()
    assert f'anlaufstelle_inquiries{{status="{inquiry.status}"}} 1.0' in lines
    assert 'anlaufstelle_inquiries{status="spam"} 0.0' in lines
    assert 'anlaufstelle_outgoing_mail{state="failed"} 0.0' in lines
    assert any(line.startswith("anlaufstelle_inquiries_overdue ") for line in lines)
    assert any(line.startswith("anlaufstelle_oldest_mail_seconds ") for line in lines)
    assert 'anlaufstelle_job_lag_seconds{job="weekly-digest"}' in answer.text
    assert "muster" not in answer.text


@pytest.mark.parametrize(
    "asked",
    [
        {"environ_overrides": {"REMOTE_ADDR": "192.0.2.7"}},
        {"headers": {"X-Forwarded-For": "127.0.0.1"}},
        {"headers": {"Forwarded": "for=127.0.0.1"}},
        {"environ_overrides": {"REMOTE_ADDR": ""}},
    ],
    ids=["another machine", "through a proxy", "through a new proxy", "unknown"],
)
def test_figures_do_not_exist_for_others(client: FlaskClient, asked):
    assert client.get("/metrics", **asked).status_code == 404
