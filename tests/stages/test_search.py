"""Search over everything in a file: what is found, by whom, and by which way."""

from __future__ import annotations

import typing as t

import pytest
import sqlalchemy as sa

from inquiries.casefile import queries, search
from inquiries.casefile import service as casefile
from inquiries.casefile.models import Inquiry
from inquiries.casefile.queries import Sort, Wanted
from inquiries.platform import clock
from inquiries.platform.db import transaction
from inquiries.platform.web import db
from tests.builders import an_inquiry, person
from tests.conftest import ADVISOR, COORDINATOR, NOW, PARTNER


@pytest.fixture(autouse=True)
def _monday_morning(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


def found(typed: str, email: str = COORDINATOR, **wanted: t.Any) -> list[str]:
    user = person(db.session, email)
    page = queries.page(db.session, user, Wanted(typed=typed, **wanted), now=NOW, size=100)
    return [line.subject for line in page.lines]


@pytest.mark.parametrize(
    "typed",
    [
        "Bürgerbeteiligung",
        "buergerbeteiligung",
        "BÜRGERBETEILIGUNG",
        "Bürgerbet",
        "Straße",
        "strasse",
        "Bewohner:innen",
        "Bewohner",
        "Müller",
        "j.mueller@stadt.example",
        "Gießen",
        "bürgerbeteiligung giessen",
        "ZSZ-2026-00001",
    ],
)
def test_a_file_is_found_by_its_words_however_they_are_written(either_app, typed):
    an_inquiry(db.session, "Bürgerbeteiligung der Bewohner*innen in der Straße")
    with transaction(db.session) as session:
        session.execute(sa.delete(sa.table("inquiry_search")))
        inquiry = session.scalars(sa.select(Inquiry)).one()
        words = (inquiry.subject, inquiry.reference, "Jörg Müller", "Gießen")
        search.index(session, inquiry.id, *words, inquiry.requester_email)
    assert found(typed) == ["Bürgerbeteiligung der Bewohner*innen in der Straße"]


def test_every_word_has_to_occur(either_app):
    an_inquiry(db.session, "Spielplatz")
    assert found("Spielplatz Rutsche") == []


def test_later_messages_and_notes_are_found_too(either_app):
    inquiry = an_inquiry(db.session, "Anfang", of=ADVISOR)
    lara = person(db.session, ADVISOR)
    with transaction(db.session) as session:
        casefile.add_note(session, inquiry, "Das Moderationsteam fragen", by=lara, now=NOW)
        casefile.add_answer(session, inquiry, "Das Netzwerktreffen hilft", by=lara, now=NOW)
    assert found("Moderationsteam") == found("Netzwerktreffen") == ["Anfang"]


def test_nobody_finds_what_she_may_not_see_nor_how_much_there_is(either_app):
    an_inquiry(db.session, "Geheimtipp", of=ADVISOR)
    user = person(db.session, PARTNER)
    page = queries.page(db.session, user, Wanted(typed="Geheimtipp"), now=NOW)
    assert (page.lines, page.found) == ([], 0)
    assert found("Geheimtipp", ADVISOR) == ["Geheimtipp"]


@pytest.mark.parametrize(
    "typed", ["'\" OR 1=1 --", "* & | ! :*", "<->", "a:b*c", "🙂", "   ", "\\"]
)
def test_signs_that_mean_something_to_a_database_mean_nothing_here(either_app, typed):
    an_inquiry(db.session, "Harmlos")
    assert found(typed) == []


@pytest.fixture
def many(either_app):
    """More files with one word than are counted, each with a number of its own."""
    with transaction(db.session) as session:
        model = an_inquiry_row(session)
        rows = [
            {**model, "reference": f"ZSZ-2025-{number:05}", "subject": f"Drucker {number}"}
            for number in range(search.FEW + 50)
        ]
        ids = session.scalars(sa.insert(Inquiry).returning(Inquiry.id), rows).all()
        for key, row in zip(ids, rows, strict=True):
            search.index(session, key, f"Drucker Nummer{row['reference'][-5:]}")


def an_inquiry_row(session) -> dict[str, t.Any]:
    return {
        "version": 1,
        "channel": "form",
        "requester_name": "Ina",
        "carrier_id": person(session, ADVISOR).carrier_id,
        "received_at": NOW,
        "due_at": NOW,
        "status_since": NOW,
        "touched_at": NOW,
    }


def test_a_common_word_is_walked_in_order_and_not_counted(many):
    user = person(db.session, ADVISOR)
    first = queries.page(db.session, user, Wanted(typed="Drucker"), now=NOW)
    assert (first.found, first.many, first.older) == (None, True, True)
    assert first.lines[0].subject == f"Drucker {search.FEW + 49}"
    after = first.position(-1, Sort.RECEIVED)
    second = queries.page(db.session, user, Wanted(typed="Drucker", after=after), now=NOW)
    assert second.lines[0].subject == f"Drucker {search.FEW + 24}"


def test_a_rare_word_among_many_files_is_found_and_counted(many):
    user = person(db.session, ADVISOR)
    page = queries.page(db.session, user, Wanted(typed="Nummer00007"), now=NOW)
    assert [line.subject for line in page.lines] == ["Drucker 7"]
    assert (page.found, page.many) == (1, False)


def test_the_page_says_how_many_it_found(app, sign_in, session):
    for number in range(30):
        an_inquiry(session, f"Spielplatz {number}", of=ADVISOR)
    an_inquiry(session, "Markt", of=ADVISOR)
    browser = sign_in()
    page = browser.get("/anfragen?q=Spielplatz").get_data(as_text=True)
    assert "30 Treffer" in page
    assert "1 Treffer" in browser.get("/anfragen?q=Markt").get_data(as_text=True)
    assert 'aria-current="page">Alle' in " ".join(page.split()).replace('"> ', '">')


def test_more_than_the_limit_is_said_in_words(many, either_app, sign_in):
    page = sign_in(on=either_app).get("/anfragen?q=Drucker").get_data(as_text=True)
    assert "mehr als 500 Treffer" in page


def test_a_reference_leads_straight_to_the_file(app, sign_in, session):
    inquiry = an_inquiry(session, "Direkt", of=ADVISOR)
    browser = sign_in()
    answer = browser.get(f"/anfragen?q={inquiry.reference.lower()}")
    assert (answer.status_code, answer.location) == (302, f"/anfragen/{inquiry.reference}")
    foreign = sign_in(PARTNER).get(f"/anfragen?q={inquiry.reference}")
    assert foreign.status_code == 200
