"""The file itself: references without gaps, counts that stay exact, a history that can be read."""

from __future__ import annotations

import random
import string
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from inquiries.casefile import history, tally
from inquiries.casefile import service as casefile
from inquiries.casefile.models import Channel, Event, Inquiry, Tally
from inquiries.intake.service import Submission, receive
from inquiries.platform.db import transaction
from inquiries.platform.web import db
from inquiries.timetable.jobs import fold_tallies, job_named
from inquiries.timetable.models import JobRun
from inquiries.timetable.runner import run_by_hand
from tests.builders import an_inquiry
from tests.conftest import ADVISOR, NOW

NEW_YEAR_IN_BERLIN = datetime(2026, 12, 31, 23, 0, tzinfo=UTC)


def at_once(number, work):
    """Let threads do something at the same moment; return what they return or raise."""
    together = threading.Barrier(number)
    done = []

    def run(which):
        together.wait()
        try:
            done.append(work(which))
        except Exception as error:  # noqa: BLE001 - the test looks at it
            done.append(error)

    threads = [threading.Thread(target=run, args=(which,)) for which in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done


def a_submission(key: str) -> Submission:
    return Submission(
        subject="Frage",
        body="Wie geht das?",
        channel=Channel.FORM,
        requester_name="Jörg Müller",
        intake_key=key,
    )


def test_eight_file_at_once_over_new_year_and_no_number_is_missing(either_app):
    make_session = db.sessionmaker

    def file_four(which):
        references = []
        for number in range(4):
            second = timedelta(seconds=-1 if (which + number) % 2 else 0)
            with make_session() as session, transaction(session):
                receipt = receive(
                    session,
                    a_submission(f"form:{which}-{number}"),
                    by=None,
                    now=NEW_YEAR_IN_BERLIN + second,
                )
                references.append(receipt.inquiry.reference)
        return references

    given = [reference for four in at_once(8, file_four) for reference in four]
    expected = [f"ZSZ-{year}-{number:05d}" for year in (2026, 2027) for number in range(1, 17)]
    assert sorted(given) == expected


def test_the_same_form_sent_eight_times_at_once_comes_in_once(either_app):
    make_session = db.sessionmaker

    def send(_which):
        with make_session() as session, transaction(session):
            return receive(session, a_submission("form:same"), by=None, now=NOW).inquiry.reference

    assert at_once(8, send) == ["ZSZ-2026-00001"] * 8
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Inquiry)) == 1
    assert an_inquiry(db.session, "Die nächste").reference == "ZSZ-2026-00002"


def test_counts_stay_exact_while_they_are_folded_and_others_file(either_app):
    make_session = db.sessionmaker
    for number in range(20):
        an_inquiry(db.session, f"Frage {number}")

    def work(which):
        for number in range(10):
            if which < 3:
                with make_session() as session:
                    an_inquiry(session, f"Frage {which}-{number}", of=ADVISOR)
                continue
            with make_session() as session:
                counted = session.scalar(sa.select(sa.func.sum(Tally.n)))
                assert counted >= 20
            # Where the other one was quicker nothing is lost either.
            with suppress(RuntimeError), make_session() as session, transaction(session):
                tally.fold(session, at_least=1)

    assert at_once(5, work) == [None] * 5
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.sum(Tally.n))) == 50
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Inquiry)) == 50


def test_a_fold_that_fails_is_told_and_the_next_one_works(session, monkeypatch):
    def two_at_once(*_args, **_kwargs):
        raise RuntimeError("two processes folded the tally at once")

    with monkeypatch.context() as patched:
        patched.setattr("inquiries.casefile.tally.fold", two_at_once)
        with pytest.raises(RuntimeError):
            run_by_hand(job_named("tally-fold"), db.sessionmaker, NOW)
    run = session.scalars(sa.select(JobRun)).one()
    assert (run.error, run.result) == ("RuntimeError", "")
    assert fold_tallies(db.sessionmaker, NOW) == "0 Zählzeilen zusammengefasst."


def test_whoever_writes_long_letters_closes_no_file(either_app):
    inquiry = an_inquiry(db.session, "Lang")
    signs = random.Random(1)  # noqa: S311 - text, no secret
    for number in range(16):
        letter = " ".join("".join(signs.choices(string.ascii_lowercase, k=6)) for _ in range(7_000))
        with transaction(db.session) as session:
            casefile.add_question(
                session,
                inquiry,
                letter,
                channel=Channel.FORM,
                now=NOW + timedelta(seconds=number),
            )


def an_event(kind: str, **data: object) -> Event:
    return Event(kind=kind, actor_name="Lara Lebriez", data=data)


def test_braces_that_people_type_are_text():
    event = an_event("assignment_reason", to="{actor.__class__}", because="{0} {} {because!r} }{")
    assert history.sentence(event) == (
        "Lara Lebriez gibt die Anfrage an {actor.__class__}: {0} {} {because!r} }{"
    )


@pytest.mark.parametrize("kind", sorted(history.ENTRY_KINDS))
def test_an_entry_that_lacks_what_came_later_can_be_read(kind):
    told = history.sentence(an_event(kind))
    assert told
    assert "{" not in told


@pytest.mark.parametrize(("new", "told"), [("parked", "…"), ("spam", "Spam")])
def test_a_state_that_there_is_no_more_can_be_read(new, told):
    event = an_event("status_changed", old="new", new=new)
    assert history.sentence(event) == f"Neuer Stand: {told}."
