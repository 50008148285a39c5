"""Logging in: tries are counted exactly, a log-in ends when it should, demos stay demos."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa

from inquiries.accounts import service
from inquiries.accounts.models import Role, StaffSession
from inquiries.accounts.service import ATTEMPTS_PER_ACCOUNT, ATTEMPTS_WITHIN, Credentials
from inquiries.platform import Refused, clock
from inquiries.platform import settings as platform_settings
from inquiries.platform.db import transaction
from inquiries.platform.web import db
from inquiries.platform.web.doors import DOOR, OPEN
from tests.builders import person
from tests.conftest import ADMINISTRATOR, ADVISOR, NOW

PASSWORD = "long enough to be one"
TRIES = 50


@pytest.fixture
def advisor(session):
    with transaction(session):
        service.set_password(session, person(session, ADVISOR), PASSWORD)
    return ADVISOR


def log_in(client, email, password=PASSWORD):
    return client.post("/anmelden", data={"email": email, "password": password})


def test_fifty_tries_at_once_are_counted_one_by_one(either_app):
    make_session = db.sessionmaker
    together = threading.Barrier(TRIES)
    outcomes = Counter()

    def attempt(number):
        together.wait()
        with make_session() as session:
            try:
                with transaction(session):
                    typed = Credentials("lara@example.org", "x", f"10.0.0.{number}")
                    service.count_attempt(session, typed, now=NOW)
            except Refused as refusal:
                outcomes[refusal.status] += 1
            else:
                outcomes["let through"] += 1

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(TRIES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {
        "let through": ATTEMPTS_PER_ACCOUNT,
        429: TRIES - ATTEMPTS_PER_ACCOUNT,
    }


def test_after_too_many_tries_even_the_right_password_waits(client, advisor):
    for _ in range(ATTEMPTS_PER_ACCOUNT):
        assert log_in(client, advisor, "wrong").status_code == 422
    refused = log_in(client, advisor)
    assert refused.status_code == 429
    assert "Zu viele Versuche" in refused.text


def test_an_account_that_does_not_exist_is_answered_like_one_that_does(client, advisor):
    answers = {
        email: [(log_in(client, email, "wrong").status_code) for _ in range(12)]
        for email in (advisor, "niemand@example.org")
    }
    assert answers[advisor] == answers["niemand@example.org"] == [422] * 10 + [429] * 2


def test_tries_are_forgotten_after_a_while(session):
    typed = Credentials("lara@example.org", "x", "10.0.0.1")
    for _ in range(ATTEMPTS_PER_ACCOUNT):
        with transaction(session):
            service.count_attempt(session, typed, now=NOW)
    with transaction(session):
        service.count_attempt(session, typed, now=NOW + ATTEMPTS_WITHIN + timedelta(seconds=1))


def test_the_log_in_gets_a_cookie_of_its_own_and_leads_where_one_wanted_to_go(client, advisor):
    with client.session_transaction() as cookie:
        cookie["of a stranger"] = "kept by an attacker"
    answer = client.post(
        "/anmelden?next=/abwesenheiten", data={"email": advisor.upper(), "password": PASSWORD}
    )
    assert answer.location == "/abwesenheiten"
    with client.session_transaction() as cookie:
        assert "of a stranger" not in cookie
        assert cookie["_user_id"] not in {"1", advisor}


def test_a_copied_cookie_is_dead_after_the_log_out(client, advisor):
    log_in(client, advisor)
    with client.session_transaction() as cookie:
        copied = dict(cookie)
    assert client.get("/abwesenheiten").status_code == 200
    client.post("/abmelden")
    with client.session_transaction() as cookie:
        cookie.update(copied)
    assert client.get("/abwesenheiten").status_code == 302


@pytest.mark.parametrize("what", ["time", "password", "dismissal"])
def test_a_log_in_ends(client, advisor, session, what):
    log_in(client, advisor)
    with transaction(session):
        user = person(session, ADVISOR)
        if what == "time":
            session.execute(sa.update(StaffSession).values(ends_at=clock.now()))
        elif what == "password":
            service.set_password(session, user, "quite another one")
        else:
            user.active = False
    assert client.get("/abwesenheiten").status_code == 302


def test_a_demo_log_in_is_worth_nothing_without_the_demo(app, client, session):
    with transaction(session):
        service.set_password(session, person(session, ADVISOR), PASSWORD, demo=True)
    refused = log_in(client, ADVISOR)
    assert refused.status_code == 422
    assert "E-Mail-Adresse oder Passwort ist falsch." in refused.text
    assert ADVISOR not in client.get("/anmelden").text

    with_demo = {**app.config, "DEMO": True}
    platform_settings.configure(with_demo)
    assert log_in(client, ADVISOR).status_code == 302
    assert client.get("/abwesenheiten").status_code == 200

    platform_settings.configure(app.config)
    assert client.get("/abwesenheiten").status_code == 302  # also one that began in a demo


def test_signed_in_pages_are_kept_by_no_cache(client, advisor):
    assert client.get("/anmelden").headers["Cache-Control"] == "no-cache"
    log_in(client, advisor)
    for path in ("/abwesenheiten", "/anfragen", "/gibt-es-nicht"):
        assert client.get(path).headers["Cache-Control"] == "no-store"


def test_no_cache_keeps_what_only_staff_may_see_downloads_included(app, sign_in):
    client = sign_in(ADMINISTRATOR)
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if (
            rule.arguments
            or "GET" not in rule.methods
            or getattr(view, DOOR, OPEN) not in list(Role)
        ):
            continue
        answer = client.get(rule.rule)
        assert answer.status_code < 400, rule
        assert "no-store" in answer.headers["Cache-Control"], rule
