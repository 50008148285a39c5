"""A municipality asks: the form, the page to check it, and what it says in the end."""

from __future__ import annotations

import io
import re
import threading
from datetime import timedelta
from html import unescape

import pytest
import sqlalchemy as sa
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from inquiries.accounts.models import Municipality
from inquiries.casefile.models import Attachment, Event, Inquiry, Message, ReferenceCounter, Topic
from inquiries.intake import uploads
from inquiries.intake.models import PendingUpload
from inquiries.mail.models import OutgoingMail
from inquiries.platform import clock, files
from inquiries.platform.db import transaction
from inquiries.platform.snapshot import changed
from inquiries.platform.web import db, limiter
from tests.conftest import ADVISOR, OTHER_ADVISOR
from tests.filing import TYPED, check, filed_link, form_key, send

PDF = b"%PDF-1.7 a plan"


def pdf(name="plan.pdf", content=PDF):
    return (io.BytesIO(content), name)


@pytest.fixture
def giessen(session):
    with transaction(session):
        session.add(
            Municipality(
                ags="06531005",
                name="Gießen, Universitätsstadt",
                short_name="Gießen",
                district="Gießen",
                postcode="35390",
                search_name="|giessen|gießen|",
            )
        )


def test_the_start_leads_visitors_to_the_form_and_staff_to_the_queue(client, sign_in):
    assert client.get("/").location == "/anfrage"
    assert sign_in().get("/").location == "/anfragen"


def test_the_form_works_without_an_account_and_says_its_limits_before_typing(client):
    page = client.get("/anfrage")
    assert page.status_code == 200
    assert "Bis zu 5 Dateien" in page.text
    assert "keine Namen von Bewohner:innen oder Kindern" in page.text
    assert "/datenschutz" in page.text
    assert 'value="" ' in page.text or "Weiß ich nicht – bitte ordnen Sie zu" in page.text


def test_a_new_name_of_a_topic_shows_at_once(client, session):
    client.get("/anfrage")
    with transaction(session):
        session.scalars(sa.select(Topic).where(Topic.key == "beteiligung")).one().name = "Mitreden"
        changed(session)
    assert "Mitreden" in client.get("/anfrage").text


def test_every_form_has_a_key_of_its_own(client):
    keys = {
        re.search(r'name="form_key"[^>]*value="([^"]+)"', client.get("/anfrage").text).group(1)
        for _ in range(3)
    }
    assert len(keys) == 3


def test_one_asks_checks_sends_and_gets_to_know_what_happens_next(client, session, giessen):
    checked = check(client, own_reference="61-0815", group="kommune")
    assert checked.status_code == 200
    assert "Anfrage absenden" in checked.text
    assert session.scalar(sa.select(sa.func.count(Inquiry.id))) == 0

    sent = client.post("/anfrage", data={**hidden_of(checked.text), "schritt": "senden"})
    assert (sent.status_code, sent.location) == (303, "/anfrage/eingegangen")

    page = client.get(sent.location).text
    inquiry = session.scalars(sa.select(Inquiry)).one()
    assert inquiry.reference in page
    assert "Es antwortet Ihnen" in page
    assert "Voraussichtlich bis" in page
    assert "/stand/" in page
    assert (inquiry.own_reference, inquiry.municipality_name) == ("61-0815", "Gießen")
    assert inquiry.municipality_id is not None
    assert inquiry.topic_reasons
    mails = session.scalars(sa.select(OutgoingMail).order_by(OutgoingMail.id)).all()
    assert mails[0].recipient == TYPED["email"]
    assert [mail.letter for mail in mails] == ["confirmation", "notice_to_advisor"]
    assert mails[1].recipient in {ADVISOR, OTHER_ADVISOR}


def hidden_of(page):
    """Return what travels along in the hidden fields of a page."""
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page)
    key = re.search(r'name="form_key"[^>]*value="([^"]*)"', page)
    return {name: unescape(value) for name, value in fields} | {"form_key": key.group(1)}


def test_going_back_from_the_check_page_loses_nothing(client):
    body = 'Zeile 1\n\n<b>Zeile 2</b> mit "Anführung" & Umlauten äöüß'
    checked = check(client, body=body, topic="beteiligung", wished_for="2099-12-24")
    back = client.post("/anfrage", data={**hidden_of(checked.text), "schritt": "aendern"})
    assert back.status_code == 200
    text = unescape(back.text)
    assert body in text.replace("\r\n", "\n")
    assert 'value="2099-12-24"' in text
    assert re.search(r'value="beteiligung"[^>]* checked', text)


def test_errors_link_to_their_fields_and_keep_all_that_was_typed(client):
    page = check(client, email="m.muster", wished_for="2020-01-01", subject="")
    assert page.status_code == 422
    for field in ("email", "wished_for", "subject"):
        assert f'href="#{field}"' in page.text
    assert 'value="m.muster"' in page.text
    assert TYPED["body"].splitlines()[-1] in page.text
    assert re.search(r"Nummer [0-9A-F]{8}", page.text)


@pytest.mark.parametrize("typed", ["24.12.2099", "2099-12-24", "24.12.30"])
def test_a_wished_for_date_may_be_typed_in_german(client, session, typed):
    send(client, wished_for=typed)
    wished = session.scalars(sa.select(Inquiry.wished_for)).one()
    assert (wished.day, wished.month) == (24, 12)


@pytest.mark.parametrize(
    "address",
    ["ä@kommune.de", "a b@kommune.de", "a@kommune", "a@b@kommune.de", "a@x.de, b@x.de", "@x.de"],
)
def test_an_address_that_no_mail_reaches_is_refused(client, session, address):
    page = send(client, email=address)
    assert page.status_code == 422
    assert "E-Mail-Adresse" in page.text
    assert session.scalar(sa.select(sa.func.count(Inquiry.id))) == 0


@pytest.mark.parametrize("address", ["stadtplanung@gießen.de", "Max.Muster+x@sub.kommune.de"])
def test_function_mailboxes_and_umlaut_domains_are_fine(client, address):
    assert send(client, email=address).status_code == 303


def test_an_unknown_municipality_is_kept_as_typed(client, session):
    send(client, municipality="Klein-Kleckersdorf an der Ohm")
    inquiry = session.scalars(sa.select(Inquiry)).one()
    assert (inquiry.municipality_id, inquiry.municipality_name) == (
        None,
        "Klein-Kleckersdorf an der Ohm",
    )


def test_the_list_of_municipalities_is_found_by_postcode_and_not_sent_twice(client, giessen):
    first = client.get("/anfrage/kommunen.json")
    assert first.json == [{"label": "Gießen", "search": "35390"}]
    again = client.get("/anfrage/kommunen.json", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_a_chosen_topic_is_not_judged_again(client, session):
    send(client, topic="jugendhilfe")
    inquiry = session.scalars(sa.select(Inquiry)).one()
    assert inquiry.topic_source == "requester"


def test_looking_changes_nothing(client, session):
    filed_link(client)
    before = session.scalar(sa.text("SELECT total_changes()"))
    for page in ("/", "/anfrage", "/anfrage/eingegangen", "/anfrage/kommunen.json", "/impressum"):
        client.get(page)
        client.head(page)
    assert session.scalar(sa.text("SELECT total_changes()")) == before


def test_the_success_page_without_an_inquiry_leads_to_the_form(client):
    assert client.get("/anfrage/eingegangen").location == "/anfrage"


def test_a_script_without_a_form_key_can_file(client, session):
    assert send(client, form_key="").status_code == 303
    assert send(client, form_key="short").status_code == 303
    assert session.scalar(sa.select(sa.func.count(Inquiry.id))) == 2


# ------------------------------------------------------------------------- The same form twice


def test_the_same_form_twice_gives_one_inquiry_and_the_same_page(client, session):
    key = form_key()
    pages = []
    for _ in range(3):
        assert send(client, form_key=key).status_code == 303
        pages.append(client.get("/anfrage/eingegangen").text)
    inquiry = session.scalars(sa.select(Inquiry)).one()
    assert all(inquiry.reference in page for page in pages)
    assert session.scalar(sa.select(sa.func.count(OutgoingMail.id))) == 2
    assert session.scalars(sa.select(ReferenceCounter.last)).one() == 1


def test_another_text_in_a_form_that_was_sent_is_another_question(client, session):
    key = form_key()
    send(client, form_key=key)
    send(client, form_key=key, body="Und noch etwas ganz anderes.")
    assert session.scalar(sa.select(sa.func.count(Inquiry.id))) == 2


def test_a_corrected_address_in_a_form_that_was_sent_is_not_lost(client, session):
    key = form_key()
    send(client, form_key=key, email="tippfehler@stadt.example")
    send(client, form_key=key, email="richtig@stadt.example")
    assert "richtig@stadt.example" in client.get("/anfrage/eingegangen").text
    addresses = session.scalars(sa.select(Inquiry.requester_email).order_by(Inquiry.id)).all()
    assert addresses == ["tippfehler@stadt.example", "richtig@stadt.example"]


def test_the_same_form_from_several_windows_at_once_gives_one_inquiry(either_app):
    key = form_key()
    answers = []

    def go():
        answers.append(send(either_app.test_client(), form_key=key).status_code)

    windows = [threading.Thread(target=go) for _ in range(4)]
    for window in windows:
        window.start()
    for window in windows:
        window.join()
    assert answers == [303] * 4
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count(Inquiry.id))) == 1
    assert db.session.scalar(sa.select(sa.func.count(OutgoingMail.id))) == 2
    assert db.session.scalars(sa.select(ReferenceCounter.last)).one() == 1


# -------------------------------------------------------------------------------- Attachments


def test_files_are_kept_over_errors_and_belong_to_the_question_in_the_end(client, session):
    key = form_key()
    page = check(client, form_key=key, subject="", files=[pdf(), pdf("notes.txt", b"Hallo")])
    assert page.status_code == 422
    assert "plan.pdf" in page.text
    assert "notes.txt" in page.text

    unwanted = session.scalars(
        sa.select(PendingUpload.id).where(PendingUpload.filename == "notes.txt")
    ).one()
    page = check(client, form_key=key, remove_files=str(unwanted))
    assert "plan.pdf" in page.text
    assert "notes.txt" not in page.text

    assert send(client, form_key=key).status_code == 303
    attachment = session.scalars(sa.select(Attachment)).one()
    assert (attachment.filename, attachment.content_type) == ("plan.pdf", "application/pdf")
    assert files.path_of(attachment.storage_key).read_bytes() == PDF
    assert session.scalar(sa.select(sa.func.count(PendingUpload.id))) == 0


def test_a_removed_file_leaves_no_bytes_behind(client, session):
    key = form_key()
    check(client, form_key=key, files=[pdf()])
    row = session.scalars(sa.select(PendingUpload)).one()
    check(client, form_key=key, remove_files=str(row.id))
    assert not files.path_of(row.storage_key).exists()


def test_files_of_another_form_cannot_be_removed(client, session):
    check(client, files=[pdf()])
    row = session.scalars(sa.select(PendingUpload)).one()
    check(client, remove_files=str(row.id))
    assert session.scalar(sa.select(sa.func.count(PendingUpload.id))) == 1


def test_sending_twice_with_files_keeps_each_file_once(client, session):
    key = form_key()
    send(client, form_key=key, files=[pdf()])
    send(client, form_key=key, files=[pdf()])
    attachment = session.scalars(sa.select(Attachment)).one()
    stored = [path for path in files.path_of("xx").parent.parent.rglob("*") if path.is_file()]
    assert attachment.storage_key in {path.name for path in stored}
    assert session.scalar(sa.select(sa.func.count(Message.id))) == 1


def test_a_file_that_was_added_to_a_sent_form_is_not_lost(client, session):
    key = form_key()
    send(client, form_key=key)
    send(client, form_key=key, files=[pdf("late.pdf")])
    assert session.scalar(sa.select(sa.func.count(Inquiry.id))) == 1
    assert session.scalars(sa.select(Attachment.filename)).all() == ["late.pdf"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("virus.exe", b"MZ", "Diese Art Datei nehmen wir nicht an"),
        ("ohne-endung", b"x", "Diese Art Datei nehmen wir nicht an"),
        ("bild.svg", b"<svg/>", "Diese Art Datei nehmen wir nicht an"),
        ("plan.pdf", b"<html>", "Der Inhalt passt nicht zur Endung .pdf"),
        ("brief.docx", b"%PDF-1.4", "Der Inhalt passt nicht zur Endung .docx"),
        ("text.txt", b"\x00\x01\x02", "Der Inhalt passt nicht zur Endung .txt"),
        ("leer.pdf", b"", "Die Datei ist leer"),
        ("gross.pdf", b"%PDF-" + b"x" * 1024, "Die Datei ist zu groß"),
    ],
)
def test_files_that_do_not_come_in_are_named_and_the_others_kept(
    client, session, monkeypatch, name, content, sentence
):
    monkeypatch.setattr(uploads, "MAX_FILE_SIZE", 1024)
    page = check(client, files=[pdf("gut.pdf"), pdf(name, content)])
    assert page.status_code == 422
    assert sentence in unescape(page.text)
    assert name in page.text
    assert session.scalars(sa.select(PendingUpload.filename)).all() == ["gut.pdf"]


def test_more_than_five_files_are_too_many(client, session):
    page = check(client, files=[pdf(f"{n}.pdf", PDF + b"%d" % n) for n in range(7)])
    assert "Möglich sind 5 Dateien" in page.text
    assert session.scalar(sa.select(sa.func.count(PendingUpload.id))) == 5


def test_twenty_megabytes_together_are_the_limit(client, session, monkeypatch):
    assert (uploads.MAX_FILE_SIZE, uploads.MAX_TOTAL_SIZE) == (10 * 1024**2, 20 * 1024**2)
    monkeypatch.setattr(uploads, "MAX_TOTAL_SIZE", 2000)
    three = [b"%PDF-" + bytes([65 + n]) * 900 for n in range(3)]
    page = check(client, files=[pdf(f"{n}.pdf", content) for n, content in enumerate(three)])
    assert page.status_code == 422
    assert "Zusammen sind 20 MB möglich" in page.text
    assert session.scalar(sa.select(sa.func.count(PendingUpload.id))) == 2


# --------------------------------------------------------------------------- Keeping machines out


@pytest.fixture
def counted(monkeypatch):
    """Count requests in this test, as the product does outside of tests."""
    storage = MemoryStorage()
    monkeypatch.setattr(limiter, "enabled", True)
    monkeypatch.setattr(limiter, "_storage", storage)
    monkeypatch.setattr(limiter, "_limiter", FixedWindowRateLimiter(storage))


def test_whoever_fills_in_the_hidden_field_is_asked_to_leave_it_free(client, session):
    page = send(client, website="https://casino.example")
    assert page.status_code == 422
    assert "Bitte lassen Sie das Feld" in page.text
    assert TYPED["subject"] in page.text
    assert session.scalar(sa.select(sa.func.count(Inquiry.id))) == 0


def test_sixty_inquiries_an_hour_from_one_address_are_enough(client, session, counted):
    for _ in range(60):
        assert send(client).status_code == 303
    for _ in range(3):
        assert check(client).status_code == 200  # checking does not count
    page = send(client, body="Die einundsechzigste Frage.")
    assert page.status_code == 429
    assert "Die einundsechzigste Frage." in page.text
    assert "später noch einmal" in page.text
    assert session.scalar(sa.select(sa.func.count(Inquiry.id))) == 60


def test_nobody_fills_the_disk_with_files_that_are_never_sent(client, session, counted):
    def try_one():
        return check(client, files=[pdf()])

    assert [try_one().status_code for _ in range(120)] == [200] * 120
    page = try_one()
    assert page.status_code == 422
    assert "sehr viele Nachrichten oder Dateien" in page.text
    assert TYPED["subject"] in page.text
    assert session.scalar(sa.select(sa.func.count(PendingUpload.id))) == 120


def test_an_expired_session_costs_no_text_and_no_file(app, client, session, monkeypatch):
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    page = send(client, files=[pdf()])
    assert page.status_code == 400
    assert "Ihre Sitzung ist abgelaufen" in page.text
    assert TYPED["body"].splitlines()[-1] in page.text
    assert "plan.pdf" in page.text
    assert session.scalar(sa.select(sa.func.count(Inquiry.id))) == 0

    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text).group(1)
    key = re.search(r'name="form_key"[^>]*value="([^"]+)"', page.text).group(1)
    assert send(client, csrf_token=token, form_key=key).status_code == 303
    assert session.scalars(sa.select(Attachment.filename)).all() == ["plan.pdf"]


# ------------------------------------------------------------------------------------- One door


def test_filing_is_written_in_few_statements_and_without_an_update(client, session):
    send(client)  # snapshots and templates are there now
    said = []
    listener = lambda *args: said.append(args[2])  # noqa: E731
    sa.event.listen(db.engine, "before_cursor_execute", listener)
    try:
        send(client)
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", listener)
    assert not [line for line in said if line.startswith("UPDATE inquiry ")]
    assert len(said) <= 21, said  # SQLite writes the five entries of the history one by one


def test_the_history_tells_what_was_decided_and_why(client, session):
    send(client)
    kinds = session.scalars(sa.select(Event.kind).order_by(Event.id)).all()
    assert kinds == ["received", "classified", "assigned", "assignment_reason", "status_changed"]


def test_the_answer_is_due_in_five_working_days(client, session):
    send(client)
    inquiry = session.scalars(sa.select(Inquiry)).one()
    assert inquiry.due_at > clock.now() + timedelta(days=5)
    assert inquiry.version == 1


# ---------------------------------------------------------------------------------- Legal pages


@pytest.mark.parametrize("path", ["/impressum", "/datenschutz", "/barrierefreiheit"])
def test_the_legal_pages_show_the_centres_own_text(client, path):
    page = client.get(path)
    assert page.status_code == 200
    assert "Dieser Text fehlt noch" not in page.text
