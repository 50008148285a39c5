"""The letters as people get them; read tests/mail/letters/*.txt to proof-read them.

After a change of words: `LETTERS=write make test ARGS=tests/mail`, then read what has changed.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

import jinja2
import pytest

from inquiries.casefile.status import Status
from inquiries.mail.letters import FOLDER, render
from inquiries.platform.workdays import Calendar
from inquiries.reminders.post import QUEUE_HEADING, UNATTENDED_HEADING, Parcel, Part
from inquiries.reminders.rules import Line, group
from tests.mail.people import ADVISOR, CARRIER, CENTRE, INQUIRY, STAFF_URL, STATUS_URL, URL


def line(number, subject, status, received, since, due):
    return Line(
        reference=f"ZSZ-2026-000{number}",
        subject=subject,
        municipality="Gießen",
        status=status,
        received_at=moment(received),
        status_since=moment(since),
        due_at=moment(due),
    )


def moment(day):
    return datetime(2026, *day, 12, tzinfo=UTC)


MONDAY = date(2026, 11, 23)
OWN = group(
    [
        line(39, "Förderung eines Treffs", Status.IN_PROGRESS, (11, 9), (11, 9), (11, 16)),
        line(42, "Beteiligung im Umbau", Status.ASSIGNED, (11, 20), (11, 20), (11, 27)),
        line(17, "Zahlen", Status.WAITING_FOR_REQUESTER, (10, 5), (10, 12), (10, 12)),
        line(43, "Moderation", Status.ASSIGNED, (11, 23), (11, 23), (11, 30)),
    ],
    MONDAY,
    Calendar(),
)
QUEUE = group(
    [line(41, "Wer hilft uns?", Status.NEW, (11, 19), (11, 19), (12, 1))], MONDAY, Calendar()
)
DIGEST = {
    "centre": CENTRE,
    "week": 48,
    "parcel": Parcel(1, 1, (Part("", OWN),)),
    "absent": "",
    "inquiries_url": f"{URL}/anfragen",
}

KEPT = Path(__file__).parent / "letters"

QUESTION = """\
Guten Tag,

wir möchten in der Nordstadt einen Nachbarschaftstreff einrichten.
Wer hilft uns beim Konzept?"""
ANSWER = """\
Guten Tag Herr Müller,

gern unterstützen wir Sie beim Konzept. Rufen Sie mich an, am besten am Dienstag.

Mit freundlichen Grüßen
Anna Beispiel
"""
BASE = {"centre": CENTRE, "inquiry": INQUIRY}
WITHOUT = SimpleNamespace(
    **{
        **vars(INQUIRY),
        "own_reference": "",
        "organisation": "",
        "municipality_name": "",
        "topic_reasons": [],
        "assignment_reasons": [],
    }
)
CONFIRMATION = {
    **BASE,
    "question": QUESTION,
    "topic": "Quartiersmanagement",
    "person": ADVISOR,
    "carrier": CARRIER,
    "attachments": ["Lageplan.pdf", "Konzept Entwurf.docx"],
    "status_url": STATUS_URL,
}
LETTERS = {
    "confirmation": ("confirmation", "Jörg Müller", CONFIRMATION),
    "confirmation-nobody-yet": (
        "confirmation",
        "",
        {**CONFIRMATION, "inquiry": WITHOUT, "topic": "", "person": None, "attachments": []},
    ),
    "notice_to_advisor": (
        "notice_to_advisor",
        "Anna Beispiel",
        {**BASE, "topic": "Quartiersmanagement", "url": STAFF_URL},
    ),
    "notice_to_advisor-unclear": (
        "notice_to_advisor",
        "Anna Beispiel",
        {**BASE, "inquiry": WITHOUT, "topic": "", "url": STAFF_URL},
    ),
    "answer": (
        "answer",
        "Jörg Müller",
        {**BASE, "body": ANSWER, "author": ADVISOR, "status_url": STATUS_URL},
    ),
    "status_change": (
        "status_change",
        "Jörg Müller",
        {**BASE, "status": Status.WAITING_FOR_REQUESTER, "status_url": STATUS_URL},
    ),
    "message_from_requester": (
        "message_from_requester",
        "Anna Beispiel",
        {**BASE, "body": "Vielen Dank!\n\nGeht auch Mittwoch?", "queue": "", "url": STAFF_URL},
    ),
    "message_from_requester-queue": (
        "message_from_requester",
        "Carla Muster",
        {**BASE, "body": "Geht auch Mittwoch?", "queue": "LAG", "url": STAFF_URL},
    ),
    "reassigned": (
        "reassigned",
        "Anna Beispiel",
        {
            **BASE,
            "by": SimpleNamespace(name="Carla Muster"),
            "because": "Herr Probst ist bis Freitag nicht da.",
            "url": STAFF_URL,
        },
    ),
    "weekly_digest": ("weekly_digest", "Anna Beispiel", DIGEST),
    "weekly_digest-deputy": (
        "weekly_digest",
        "Bea Beispiel",
        {**DIGEST, "absent": "Anna Beispiel"},
    ),
    "weekly_digest-coordination": (
        "weekly_digest",
        "Carla Muster",
        {
            **DIGEST,
            "parcel": Parcel(
                2,
                2,
                (
                    Part(QUEUE_HEADING.format(carrier="LAG"), QUEUE),
                    Part(UNATTENDED_HEADING.format(person="Dora Beispiel"), QUEUE),
                ),
            ),
        },
    ),
}


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_reads_as_it_was_proof_read(name, configure):
    letter, greeted, context = LETTERS[name]
    made = render(letter, name=greeted, context=context)
    text = f"Betreff: {made.subject}\n\n{made.body}"
    file = KEPT / f"{name}.txt"
    if os.environ.get("LETTERS") == "write":
        file.write_text(text)
    assert text == file.read_text()


def test_every_letter_has_been_proof_read():
    templates = {path.stem for path in FOLDER.glob("[!_]*.txt")}
    assert templates == {path.stem.partition("-")[0] for path in KEPT.glob("*.txt")}


def test_a_forgotten_word_is_an_error_and_not_a_gap(configure):
    with pytest.raises(jinja2.UndefinedError):
        render("status_change", name="", context={**BASE, "status": Status.CLOSED})


def test_text_from_outside_is_never_read_as_a_template(configure):
    question = "{{ centre.phone }} {% if %} <b>fett</b> & mehr"
    made = render("confirmation", name="", context={**CONFIRMATION, "question": question})
    assert f"> {question}\n" in made.body


def test_a_confirmation_repeats_only_the_beginning_of_a_very_long_question(configure):
    made = render("confirmation", name="", context={**CONFIRMATION, "question": "Wort " * 2000})
    assert "… (gekürzt)" in made.body
    assert len(made.body) < 4_000
