"""A municipality asks, an advisor answers, the municipality reads it and asks back."""

from __future__ import annotations

import re

import pytest

from tests.stories.conftest import LARA, MIRJAM

ASKER = "h.sommer@stadt-rosbach.example"
SUBJECT = "Nachbarschaftstreff ohne Hauptamtliche"
QUESTION = (
    "Unser Nachbarschaftstreff im Quartier wird von Ehrenamtlichen getragen. Wie gelingt "
    "Gemeinwesenarbeit, wenn die Stelle der Gemeinwesenarbeiterin ein Jahr lang unbesetzt ist?"
)
ANSWER = "Gern. Ein Stadtteilbüro mit festen Sprechzeiten trägt auch über eine längere Lücke."
REPLY = "Danke, das hilft uns. Gibt es dafür ein Beispiel in Hessen?"
ADVISORS = {"Lara Lebriez": LARA, "Mirjam Roth": MIRJAM}


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"keyboard": True}, id="by keyboard alone"),
        pytest.param({"javascript": False}, id="without JavaScript"),
        pytest.param({"width": 390}, id="on a phone"),
        pytest.param({"dark": True}, id="in the dark"),
    ],
)
def test_a_municipality_asks_and_gets_an_answer(house, somebody, how):
    asker = somebody(**how)
    file_the_question(asker)
    advisor_email, status_link = read_the_confirmation(house, asker)
    reference = asker.text_of("main").split("Geschäftszeichen: ")[1].split()[0]
    answer_as(somebody(advisor_email), reference, house)

    asker.visit(status_link)
    asker.sees("Stand: beantwortet", ANSWER)
    asker.does_not_see("Ausschlaggebend", "fällt in ihr Themenfeld")
    asker.fill("Ihre Nachricht", REPLY)
    asker.press("Nachricht senden")
    asker.sees("Ihre Nachricht ist angekommen.", REPLY)
    assert asker.field("Ihre Nachricht").input_value() == ""
    assert REPLY in house.letters(advisor_email)[-1], "the advisor is told"


def file_the_question(asker):
    """Fill in the form, correct a detail on the check page, and send it."""
    asker.visit("/")
    asker.fill("Ihr Name", "Hanna Sommer")
    asker.fill("E-Mail-Adresse", ASKER)
    asker.fill("Organisation", "Stadt Rosbach, Soziales")
    asker.fill("Kommune", "Rosbach")
    asker.choose("Sie schreiben für", "Kommune")
    asker.fill("Betreff", "Nachbarschaftstref")
    asker.fill("Ihre Frage", QUESTION)
    asker.fill("Ihr Zeichen", "50.2-117")
    asker.press("Weiter: Angaben prüfen")
    asker.sees("Ihre Anfrage ist noch nicht gesendet.", "Nachbarschaftstref", QUESTION)
    asker.press(re.compile(r"Ändern\s*: Betreff"))
    assert asker.field("Ihre Frage").input_value() == QUESTION, "nothing typed is lost"
    asker.fill("Betreff", SUBJECT)
    asker.press("Weiter: Angaben prüfen")
    asker.press("Anfrage absenden")
    asker.sees("Ihre Anfrage ist bei uns angekommen", "50.2-117")


def read_the_confirmation(house, asker):
    """Return who will answer, and the link, which stand in the mail as on the page."""
    (letter,) = house.letters(ASKER)
    link = re.search(r"https?://\S+/stand/\S+", letter).group()
    asker.sees(link)
    assert "„Gemeinwesenarbeit“" in letter
    (name,) = [name for name in ADVISORS if name in letter]
    asker.sees(name)
    return ADVISORS[name], link


def answer_as(advisor, reference, house):
    """See why the inquiry is hers, and answer it."""
    notice = house.letters(advisor.email)[-1]
    assert SUBJECT in notice
    assert "Warum Sie:" in notice
    advisor.visit(re.search(r"https?://\S+/anfragen/\S+", notice).group())
    advisor.sees(reference, SUBJECT, "Gemeinwesenarbeit")
    advisor.page.get_by_text("Warum?").click()
    reason = notice.split("Warum Sie:")[1].split("\n\n")[0].split()
    assert " ".join(reason[:4]) in advisor.text_of(".reasons"), "page and mail give one reason"
    advisor.fill("Ihre Antwort", ANSWER)
    advisor.press("Antwort senden")
    advisor.sees("Ihre Antwort ist gesendet.", ANSWER)
    assert advisor.field("Ihre Antwort").input_value() == "", "what is sent is no draft any more"
    assert ANSWER in house.letters(ASKER)[-1]
