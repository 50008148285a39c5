"""Coordinators see what mail went out and whether the background jobs run."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from inquiries.mail.models import MailState, OutgoingMail
from inquiries.platform.db import transaction
from inquiries.platform.web import db
from inquiries.timetable.jobs import job_named
from inquiries.timetable.runner import run_by_hand
from tests.conftest import COORDINATOR, NOW


@pytest.fixture
def letter(session):
    """A digest that failed, and sixty others that are sent."""
    with transaction(session):
        for number in range(61):
            session.add(
                OutgoingMail(
                    letter="notice",
                    recipient=f"person{number}@example.org",
                    subject=f"Hinweis {number} aus Gießen",
                    message_id=f"<{number}@zentrum.example>",
                    raw=(
                        b"From: anfragen@zentrum.example\r\nTo: person@example.org\r\n"
                        b"Subject: Hinweis\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
                        b"Guten Tag <b>Ada</b>,\r\nes geht weiter.\r\n"
                    ),
                    state=MailState.FAILED if number == 7 else MailState.SENT,
                    reason="Postfach voll." if number == 7 else "",
                    about="ZSZ-2026-00042" if number == 7 else "",
                    created_at=NOW,
                    due_at=NOW,
                )
            )
        return session.scalars(sa.select(OutgoingMail).where(OutgoingMail.about != "")).one()


def test_the_newest_mails_come_first_and_older_ones_on_the_next_page(app, sign_in, letter):
    browser = sign_in(COORDINATOR)
    first = browser.get("/verwaltung/ausgang").text
    assert first.index("Hinweis 60 ") < first.index("Hinweis 59 ")
    assert "Hinweis 10 " not in first
    assert "Ältere" in first
    assert "Neuere" not in first
    second = browser.get("/verwaltung/ausgang?vor=12").text
    assert "Hinweis 10 " in second
    assert "Hinweis 12 " not in second
    assert "Neuere" in second


def test_mails_are_found_by_state_and_words(app, sign_in, letter):
    browser = sign_in(COORDINATOR)
    failed = browser.get("/verwaltung/ausgang?stand=failed").text
    assert "Hinweis 7 " in failed
    assert "Hinweis 8 " not in failed
    assert "fehlgeschlagen (1)" in failed
    by_word = browser.get("/verwaltung/ausgang?q=zsz-2026-00042+hinweis").text
    assert "Hinweis 7 " in by_word
    assert "Hinweis 8 " not in by_word
    assert "Nichts gefunden" in browser.get("/verwaltung/ausgang?q=%25").text
    assert browser.get("/verwaltung/ausgang?stand=unsinn&vor=x").status_code == 200


def test_a_letter_shows_its_headers_and_text_harmlessly(app, sign_in, letter):
    page = sign_in(COORDINATOR).get(f"/verwaltung/ausgang/{letter.id}").text
    assert "Postfach voll." in page
    assert "anfragen@zentrum.example" in page
    assert "Guten Tag &lt;b&gt;Ada&lt;/b&gt;" in page


def test_a_failed_letter_is_sent_once_more_on_request(app, sign_in, letter, session):
    browser = sign_in(COORDINATOR)
    answer = browser.post(f"/verwaltung/ausgang/{letter.id}/erneut", follow_redirects=True)
    assert "wartet wieder auf den Versand" in answer.text
    session.expire_all()
    assert session.get_one(OutgoingMail, letter.id).state == MailState.QUEUED
    again = browser.post(f"/verwaltung/ausgang/{letter.id}/erneut", follow_redirects=True)
    assert "wartet auf Versand" in again.text


def test_an_unknown_letter_does_not_exist(app, sign_in):
    assert sign_in(COORDINATOR).get("/verwaltung/ausgang/999").status_code == 404
    assert sign_in(COORDINATOR).post("/verwaltung/ausgang/999/erneut").status_code == 404


def test_the_jobs_page_tells_what_ran_and_that_nobody_works(app, sign_in):
    run_by_hand(job_named("tally-fold"), db.sessionmaker, NOW)
    page = sign_in(COORDINATOR).get("/verwaltung/aufgaben").text
    assert "Zählzeilen zusammengefasst." in page
    assert "noch nie gelaufen" in page
    assert "Der Hintergrundprozess läuft nicht." in page
