"""Whoever does not read German chooses English at the foot of the page, and gets all of it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import sqlalchemy as sa
from babel.messages.pofile import read_po

from deploy.messages import gather
from inquiries.accounts.models import ROLE_NAMES
from inquiries.casefile.models import CHANNEL_NAMES, Inquiry
from inquiries.casefile.status import Status
from inquiries.casefile.terms import terms
from inquiries.mail.models import MAIL_STATE_NAMES
from inquiries.platform.web import csrf, db
from inquiries.timetable.jobs import JOBS
from tests.conftest import ADMINISTRATOR, NOW
from tests.filing import check, filed_link

PO = Path(__file__).resolve().parents[2] / "translations" / "en" / "LC_MESSAGES" / "messages.po"
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}")


def the_catalogue():
    with PO.open("rb") as file:
        return read_po(file, locale="en", abort_invalid=True)


def forms_of(text):
    """Return the one form of a message, or its singular and plural."""
    return (text,) if isinstance(text, str) else tuple(text)


class Words(HTMLParser):
    """Collects what a page says: its texts, and the attributes that are shown or read out."""

    SAID = ("aria-label", "title", "placeholder", "data-label", "data-left", "data-no-results")

    def __init__(self, page):
        super().__init__()
        self.said = set()
        self.language = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag == "html":
            self.language = values["lang"]
        self.said.update(values[name] for name in self.SAID if values.get(name))

    def handle_data(self, data):
        self.said.add(" ".join(data.split()))


@pytest.fixture
def reader(client):
    """A visitor who has chosen English."""
    client.set_cookie("sprache", "en")
    return client


@pytest.fixture
def colleague(sign_in):
    """A member of staff who has chosen English, and may enter everywhere."""
    staff = sign_in(ADMINISTRATOR)
    staff.set_cookie("sprache", "en")
    return staff


def left_in_german(page):
    """Return the sentences of the interface that a page still says in German."""
    words = Words(page)
    assert words.language == "en"
    german = {
        text
        for message in the_catalogue()
        for text, english in zip(forms_of(message.id), forms_of(message.string), strict=True)
        if text != english and message.id
    }
    english = {text for message in the_catalogue() for text in forms_of(message.string)}
    return words.said & (german - english) - the_centres_own_words()


def the_centres_own_words():
    """Topics, kinds and groups stay as the centre calls them."""
    words = terms(db.session)
    return {term.name for term in (*words.topics, *words.kinds, *words.groups)}


# --- the catalogue ----------------------------------------------------------------------------


def test_the_catalogue_holds_what_pages_say_and_nothing_else():
    """`make translations` brings it up to date; then the new messages want to be translated."""
    needed = {message.id for message in gather() if message.id}
    known = {message.id for message in the_catalogue() if message.id}
    assert needed - known == set(), "run `make translations`"
    assert known - needed == set(), "run `make translations`"
    assert not the_catalogue().obsolete


def test_every_message_is_translated_with_its_placeholders():
    for message in the_catalogue():
        if not message.id:
            continue
        assert not message.fuzzy, message.id
        german, english = forms_of(message.id), forms_of(message.string)
        assert all(english), message.id
        for one, other in zip(german, english, strict=True):
            assert sorted(PLACEHOLDER.findall(one)) == sorted(PLACEHOLDER.findall(other)), one
            assert one.endswith((".", "?", ":", "…")) == other.endswith((".", "?", ":", "…")), one


def test_words_from_constants_are_gathered_too():
    needed = {message.id for message in gather()}
    states = {words for status in Status for words in (status.label, status.public_label)}
    assert states <= needed
    assert {status.public_sentence for status in Status} <= needed
    assert {*CHANNEL_NAMES.values(), *ROLE_NAMES.values(), *MAIL_STATE_NAMES.values()} <= needed
    assert {job.title for job in JOBS} <= needed
    assert "Bitte wählen Sie, an wen die Anfrage gehen soll." in needed, "a service's refusal"


# --- choosing ---------------------------------------------------------------------------------


def test_a_visitor_chooses_english_and_stays_where_she_is(client):
    page = client.get("/anfrage?von=startseite").text
    assert Words(page).language == "de"
    assert 'value="/anfrage?von=startseite"' in page, "the way back"
    answer = client.post("/sprache", data={"sprache": "en", "zurueck": "/anfrage?von=startseite"})
    assert answer.status_code == 303
    assert answer.location == "/anfrage?von=startseite"
    cookie = client.get_cookie("sprache")
    assert (cookie.value, cookie.same_site, cookie.max_age) == ("en", "Lax", 365 * 24 * 3600)
    assert Words(client.get("/anfrage").text).language == "en"


def test_she_goes_back_to_german(reader):
    reader.post("/sprache", data={"sprache": "de", "zurueck": "/anmelden"})
    assert "Anmelden" in Words(reader.get("/anmelden").text).said


@pytest.mark.parametrize(
    "elsewhere", ["https://example.org/", "//example.org", "/\\example.org", "", "anfrage\nX: 1"]
)
def test_a_prepared_form_leads_nobody_to_another_site(client, elsewhere):
    answer = client.post("/sprache", data={"sprache": "en", "zurueck": elsewhere})
    assert answer.location == "/"


def test_a_language_that_there_is_not(client):
    assert client.post("/sprache", data={"sprache": "tlh"}).status_code == 400
    assert client.get_cookie("sprache") is None
    client.set_cookie("sprache", "../../etc")
    assert Words(client.get("/anmelden").text).language == "de"


def test_nobody_gets_the_language_of_whoever_was_served_before(reader, app):
    """Not even when a request is refused before anything else has looked at it."""
    assert Words(reader.get("/anmelden").text).language == "en"
    in_latin_1 = {"data": b"subject=%FC", "content_type": "application/x-www-form-urlencoded"}
    refused = app.test_client().post("/anfrage", **in_latin_1)
    assert refused.status_code == 400
    assert Words(refused.text).language == "de"


def test_no_other_site_can_choose_for_her(app, client, monkeypatch):
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    monkeypatch.setitem(app.config, "WTF_CSRF_CHECK_DEFAULT", True)
    assert "language.choose" not in csrf._exempt_views
    assert client.post("/sprache", data={"sprache": "en"}).status_code == 400
    assert client.get("/sprache").status_code == 405, "a link changes nothing"


def test_the_answer_to_a_form_offers_no_other_language(client):
    """What was typed there would be lost by going to the page anew."""
    assert "/sprache" in client.get("/anfrage").text
    assert "/sprache" not in check(client, subject="").text
    assert "/sprache" not in check(client).text


# --- pages ------------------------------------------------------------------------------------


def test_the_public_form_its_errors_and_its_check_page(reader):
    page = reader.get("/anfrage").text
    assert {"Send an inquiry", "Your question", "Municipality"} <= Words(page).said
    assert not left_in_german(page)
    wrong = check(reader, email="a@b@c", wished_for="never", body="", subject="x" * 999)
    assert wrong.status_code == 422
    said = Words(wrong.text).said
    assert "Please enter exactly one email address." in said
    assert "Please enter a date, for example 23.11.2026." in said
    assert "The text is too long: 999 characters, 300 are allowed." in said
    assert not left_in_german(wrong.text)
    assert not left_in_german(check(reader).text)


def test_from_the_receipt_to_the_status_page(reader):
    link = filed_link(reader, topic="beteiligung")
    assert not left_in_german(reader.get("/anfrage/eingegangen").text)
    page = reader.get(link).text
    assert {"Status of your inquiry", "Conversation"} <= {
        text.split(" – ")[0] for text in Words(page).said
    }
    assert "Your inquiry is with the advisor in charge, who will contact you." in Words(page).said
    assert not left_in_german(page)


def test_the_log_in_and_its_refusal(reader):
    page = reader.get("/anmelden").text
    assert {"Sign in", "Email address", "Password"} <= Words(page).said
    wrong = reader.post("/anmelden", data={"email": "nobody@example.org", "password": "wrong"})
    assert "The email address or the password is wrong." in Words(wrong.text).said
    assert not left_in_german(page) | left_in_german(wrong.text)


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/anfragen?view=all", "Inquiries"),
        ("/anfragen/neu", "Phone note"),
        ("/abwesenheiten", "Absences"),
        ("/auswertung", "Figures"),
        ("/verwaltung/ausgang", "Outgoing mail"),
        ("/verwaltung/aufgaben", "Background jobs"),
        ("/anfragen/ZSZ-2026-99999", "There is no such page"),
        ("/impressum", "Legal notice"),
    ],
)
def test_pages_of_the_staff(reader, colleague, path, title):
    filed_link(reader, topic="beteiligung")
    page = colleague.get(path).text
    assert title in Words(page).said
    assert not left_in_german(page)


def test_the_page_of_an_inquiry_and_what_is_refused_there(reader, colleague):
    filed_link(reader)
    reference = db.session.scalars(sa.select(Inquiry.reference)).one()
    page = colleague.get(f"/anfragen/{reference}").text
    assert {"Hand over", "Change status", "Your answer"} <= Words(page).said
    assert "welche Formate" in page, "what people write stays as it is"
    assert not left_in_german(page)
    nowhere = {"version": 0, "because": "", "to": ""}
    refused = colleague.post(f"/anfragen/{reference}/weitergeben", data=nowhere)
    assert not left_in_german(refused.text)


def test_dates_and_numbers_look_english(app):
    filters = app.jinja_env.filters
    with app.test_request_context(headers={"Cookie": "sprache=en"}):
        app.preprocess_request()
        assert filters["moment"](NOW) == "23 Nov 2026, 10:00"
        assert filters["long_date"](NOW) == "Monday, 23 November 2026"
        assert filters["number"](12345) == "12,345"
        assert filters["percent"](0.256) == "26%"
        assert filters["filesize"](1_234_567) == "1.2 MB"
    with app.test_request_context():
        app.preprocess_request()
        assert filters["moment"](NOW) == "23.11.2026, 10:00 Uhr"
        assert filters["number"](12345) == "12.345"
