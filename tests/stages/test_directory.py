"""Whom a letter means: by her name, her former name, her address; and when it means nobody."""

from __future__ import annotations

import pytest

from inquiries.accounts.directory import directory
from inquiries.accounts.models import FormerName, User
from inquiries.platform.db import transaction
from inquiries.platform.snapshot import changed
from inquiries.platform.web import db
from tests.builders import person
from tests.conftest import ADVISOR, OTHER_ADVISOR


@pytest.fixture
def meant(session):
    def who(text):
        house = directory(session)
        found = house.addressed_in(text)
        return house.people[found].email if found else None

    return who


@pytest.mark.parametrize(
    "text",
    [
        "an Frau Schüller",
        "Können Sie das bitte an Frau Schüller weitergeben, danke.",
        "Bitte an Frau Schüller.",
        "z. Hd. Fr. Schüller",
        "Lara Line Schüller",
        "LARA SCHUELLER!",
        "Frau Line Schüller hat uns beraten",
        "Sehr geehrte Frau Lebriez,",
        "Sehr geehrte Frau Dr. Lebriez,",
        "Frau\u00a0Lebriez",
        "(Lara Lebriez)",
        "Frau *Lebriez*",
        "Das war mit lara.lebriez@lagsbh.de.",
        "An: <lara.lebriez@lagsbh.de>; Cc: amt@stadt.example",
    ],
)
def test_a_letter_finds_her_by_every_name_she_has_or_had(meant, text):
    assert meant(text) == ADVISOR


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Frau Schüller-Meier vom Jugendamt",
        "Rothenburg und die Frau Rothmann",
        "Schüller und Lebriez, Architekten",
        "klara.lebriez@lagsbh.de",
        "x.lara.lebriez@lagsbh.de",
        "Frau Roth und Frau Lebriez",
        "Die Koordination und die Frau",
    ],
)
def test_a_letter_that_names_no_one_or_two_decides_nothing(meant, text):
    assert meant(text) is None


def test_other_names_are_found_too(session, meant):
    with transaction(session):
        roth = person(session, OTHER_ADVISOR)
        session.add(FormerName(user_id=roth.id, name="Dr. Renée Müller-Lüdenscheidt"))
        session.add(FormerName(user_id=roth.id, email="m_roth@sozial-zentrum.example"))
        session.add(
            User(
                key="front",
                email="front@x.example",
                name="Koordination",
                carrier_id=1,
                role="advisor",
            )
        )
        changed(session)
    for text in (
        "an Frau Müller-Lüdenscheidt",
        "Renée Mueller-Luedenscheidt",
        "m_roth@sozial-zentrum.example",
    ):
        assert meant(text) == OTHER_ADVISOR
    assert meant("Wir brauchen Koordination vor Ort.") is None
    assert meant("Architekturbüro Müller-Lüdenscheidt") is None


def test_what_is_rolled_back_was_never_seen_by_others(session):
    """The next change gets the same number: what was seen under it must not have been kept."""

    def names_after_renaming(name, *, stays):
        with transaction(session):
            person(session, ADVISOR).name = name
            changed(session)
            session.flush()
            seen = {entry.name for entry in directory(session).people.values()}
            if not stays:
                raise LookupError
        return seen

    with pytest.raises(LookupError):
        names_after_renaming("Was Nie War", stays=False)
    with transaction(session):  # as another process would: it keeps nothing here
        person(session, ADVISOR).name = "Lara Neu"
        changed(session)
    now = {entry.name for entry in directory(session).people.values()}
    assert "Lara Neu" in now
    assert "Was Nie War" not in now


def test_a_long_running_session_sees_what_others_changed(session, app):
    assert "Lara Lebriez" in {entry.name for entry in directory(session).people.values()}
    with db.sessionmaker() as other, transaction(other):
        person(other, ADVISOR).name = "Lara Neu"
        changed(other)
    with transaction(session):
        pass
    assert "Lara Neu" in {entry.name for entry in directory(session).people.values()}
