"""An advisor works through her queue, writes down a call, and meets a colleague in a file."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.stories.conftest import FOR_LARA, LARA, MIRJAM

ANSWER = "Einmal in der Woche, immer am selben Tag: Verlässlichkeit zählt mehr als Dauer."
NOTE = "Mit dem Ministerium vorab telefonisch geklärt, bitte nicht weitergeben."


@pytest.fixture
def inquiries(house):
    """Return two inquiries that are new for Lara, the newest first."""
    first = house.receive(FOR_LARA)
    second = house.receive(replace(FOR_LARA, subject="Wie finden wir ein Stadtteilbüro?"))
    return [second, first]


def test_an_advisor_works_through_her_queue_by_keyboard_alone(house, somebody, inquiries):
    (newest, _), (older, status_page) = inquiries
    lara = somebody(LARA, keyboard=True)
    lara.visit("/anfragen?view=mine&sort=received")

    lara.keys("j", "j", "k")
    lara.key("o")
    lara.sees(newest)
    lara.keys("r")
    lara.page.keyboard.type(ANSWER)
    lara.press("Antwort senden")
    lara.sees("Ihre Antwort ist gesendet.", ANSWER)

    lara.follow("Anfragen")
    lara.keys("/")
    lara.page.keyboard.type("Sprechstunde")
    lara.key("Enter")
    go_down_to(lara, older)
    lara.key("o")
    lara.sees(older)
    lara.open("Themenfeld festlegen")
    lara.choose("Themenfeld", "Beteiligung der Bewohner:innen")
    lara.press("Festlegen")
    lara.sees("Das Themenfeld ist festgelegt.", "Beteiligung der Bewohner:innen")
    lara.open("Interne Notiz schreiben")
    lara.fill("Ihre Notiz", NOTE)
    lara.press("Notiz speichern")
    lara.sees(NOTE, "Intern – nicht sichtbar für Anfragende")

    asker = somebody()
    asker.visit(status_page)
    asker.sees(FOR_LARA.subject)
    asker.does_not_see(NOTE, "Notiz")


def go_down_to(advisor, reference):
    """Press j until the inquiry is the current one."""
    for _ in range(25):
        advisor.keys("j")
        if reference in advisor.text_of("tr.is-current"):
            return
    raise AssertionError(f"{reference} is not in the list")


def test_two_advisors_at_once_lose_nothing(house, somebody, inquiries):
    (reference, status_page), _ = inquiries
    lara, mirjam = somebody(LARA), somebody(MIRJAM)
    for advisor in (lara, mirjam):
        advisor.visit(f"/anfragen/{reference}")
    lara.fill("Ihre Antwort", ANSWER)
    lara.press("Antwort senden")
    second_answer = "Wir empfehlen zwei Vormittage und einen Abend."
    mirjam.fill("Ihre Antwort", second_answer)
    mirjam.press("Antwort senden")

    assert mirjam.status == 409
    mirjam.sees(ANSWER, "Das ist inzwischen geschehen")
    assert mirjam.field("Ihre Antwort").input_value() == second_answer
    mirjam.press("Trotzdem senden")
    mirjam.sees(ANSWER, second_answer)
    asker = somebody()
    asker.visit(status_page)
    asker.sees(ANSWER, second_answer)


def test_a_call_is_written_down_in_under_a_minute(house, somebody):
    """Four fields and Enter; the first has the focus already."""
    lara = somebody(LARA, keyboard=True)
    lara.visit("/anfragen/neu")
    lara.page.keyboard.type("Ayşe Demir, Quartiersbüro Nordstadt")
    lara.fill("Rückrufnummer", "069 123456")
    lara.fill("Betreff", "Spielmobil im Quartier")
    lara.fill("Worum geht es?", "Will wissen, wer das Spielmobil für die Jugendhilfe verleiht.")
    lara.press("Notiz speichern")
    lara.sees("Die Telefonnotiz ist gespeichert", "Spielmobil im Quartier", "069 123456")
    lara.sees("Anfrage eingegangen (Telefon)")
