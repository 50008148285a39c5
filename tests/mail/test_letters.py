"""The letters as people get them; read tests/mail/letters/*.txt to proof-read them.

After a change of words: `LETTERS=write make test ARGS=tests/mail`, then read what has changed.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import jinja2
import pytest

from inquiries.casefile.status import Status
from inquiries.mail.letters import FOLDER, render
from tests.mail.people import ADVISOR, CARRIER, CENTRE, INQUIRY, STAFF_URL, STATUS_URL

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
        {**BASE, "body": "Vielen Dank!\n\nGeht auch Mittwoch?", "url": STAFF_URL},
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
