"""The advisor's desk: what she does with a file, and what file, history and mail say then."""

from __future__ import annotations

import re
import typing as t
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from inquiries.accounts.directory import directory
from inquiries.casefile import history
from inquiries.casefile import service as casefile
from inquiries.casefile.models import Attachment, Event, Inquiry, Message
from inquiries.casefile.status import Status
from inquiries.casework import service
from inquiries.casework.service import Answer, Correction, DueDate, Handover, Move, Note
from inquiries.mail.models import OutgoingMail
from inquiries.platform import Outdated, Refused, clock, files
from inquiries.platform.db import transaction
from inquiries.platform.web import db
from inquiries.platform.workdays import local_day
from tests.builders import an_inquiry, person
from tests.conftest import ADVISOR, COORDINATOR, NOW, OTHER_ADVISOR, PARTNER

TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _monday_morning(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def lara(session):
    return person(session, ADVISOR)


def act(deed, inquiry, data, by):
    with transaction(db.session) as session:
        deed(session, inquiry, data, by=by, now=NOW)


def told(session, inquiry):
    events = sa.select(Event).where(Event.inquiry_id == inquiry.id).order_by(Event.id)
    return [history.sentence(event) for event in session.scalars(events)]


def letters(session, inquiry):
    mails = sa.select(OutgoingMail).where(OutgoingMail.about == inquiry.reference)
    return [(mail.letter, mail.recipient) for mail in session.scalars(mails.order_by("id"))]


def fields(page: str, path: str) -> dict[str, str]:
    """Return the hidden fields of the form that posts to a path, as a browser would send them."""
    form = re.search(rf'<form[^>]*action="[^"]*/{path}"[^>]*>(.*?)</form>', page, re.DOTALL)
    assert form, f"no form posts to {path}"
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[1])
    return dict(hidden)


def text_of(answer) -> str:
    return t.cast("str", answer.get_data(as_text=True))


# -- Answering -----------------------------------------------------------------------------------


def test_an_answer_reaches_the_requester_and_rests_the_file(session, lara):
    inquiry = an_inquiry(session, "Marktplatz", of=ADVISOR)
    act(service.answer, inquiry, Answer(inquiry.version, "Gern.\nL. L."), lara)
    assert inquiry.status == Status.ANSWERED
    assert inquiry.first_answer_at == NOW
    assert letters(session, inquiry) == [("answer", "j.mueller@stadt.example")]
    mail = session.scalars(sa.select(OutgoingMail)).one()
    assert "Gern." in mail.raw.decode()
    assert "/stand/" in mail.raw.decode()
    assert told(session, inquiry)[-2:] == [
        "Lara Lebriez hat geantwortet.",
        "Neuer Stand: beantwortet.",
    ]


def test_who_answers_first_takes_over_what_nobody_has(session, lara):
    inquiry = an_inquiry(session, "Spielplatz")
    act(service.answer, inquiry, Answer(inquiry.version, "Eine Frage vorab: wo?", WAITS), lara)
    assert inquiry.assignee_id == lara.id
    assert inquiry.status == Status.WAITING_FOR_REQUESTER
    assert inquiry.assignment_reasons == ["Lara Lebriez hat zuerst geantwortet."]


WAITS = Status.WAITING_FOR_REQUESTER


@pytest.mark.parametrize("then", service.AFTER_ANSWER)
@pytest.mark.parametrize("before", sorted({*Status} - {Status.CLOSED, Status.SPAM}))
def test_an_answer_leads_from_every_open_status_to_the_chosen_one(session, lara, before, then):
    inquiry = an_inquiry(session, "Weg", of=None if before == Status.NEW else ADVISOR)
    if before not in {Status.NEW, Status.ASSIGNED}:
        with transaction(session):
            casefile.set_status(session, inquiry, before, by=None, now=NOW)
    act(service.answer, inquiry, Answer(inquiry.version, "Text", then), lara)
    assert inquiry.status == then


@pytest.mark.parametrize(
    ("status", "word"), [(Status.CLOSED, "abgeschlossen"), (Status.SPAM, "als Spam abgelegt")]
)
def test_nobody_answers_what_is_done(session, lara, status, word):
    inquiry = an_inquiry(session, "Fertig", of=ADVISOR, status=status)
    with pytest.raises(Refused, match=word):
        act(service.answer, inquiry, Answer(inquiry.version, "Zu spät"), lara)


def test_an_answer_to_a_phone_call_writes_no_mail(session, lara):
    inquiry = an_inquiry(session, "Anruf", of=ADVISOR)
    with transaction(session):
        inquiry.requester_email = ""
        history.record(session, inquiry, history.Noted(), by=lara, now=NOW)
    act(service.answer, inquiry, Answer(inquiry.version, "Am Telefon gesagt."), lara)
    assert letters(session, inquiry) == []


# -- Handing over, moving, correcting --------------------------------------------------------------


def test_a_file_that_is_handed_over_tells_the_new_advisor_why(session, lara):
    inquiry = an_inquiry(session, "Übergabe", of=ADVISOR)
    mirjam = person(session, OTHER_ADVISOR)
    data = Handover(inquiry.version, "Ich bin im Urlaub.", person_id=mirjam.id)
    act(service.hand_over, inquiry, data, lara)
    assert inquiry.assignee_id == mirjam.id
    assert letters(session, inquiry) == [("reassigned", OTHER_ADVISOR)]
    assert "Lara Lebriez gibt die Anfrage an Mirjam Roth: Ich bin im Urlaub." in told(
        session, inquiry
    )


def test_who_takes_a_file_herself_gets_no_mail_about_it(session, lara):
    inquiry = an_inquiry(session, "Frei")
    with transaction(session):
        service.take_over(session, inquiry, inquiry.version, by=lara, now=NOW)
    assert (inquiry.assignee_id, inquiry.status) == (lara.id, Status.ASSIGNED)
    assert letters(session, inquiry) == []


def test_a_waiting_file_that_goes_into_a_queue_is_new_again(session, lara):
    inquiry = an_inquiry(session, "Wartend", of=ADVISOR, status=Status.WAITING_FOR_REQUESTER)
    partner = next(c for c in directory(session).carriers.values() if c.key == "ha")
    data = Handover(inquiry.version, "Gehört zum Förderrecht.", carrier_id=partner.id)
    act(service.hand_over, inquiry, data, lara)
    assert (inquiry.assignee_id, inquiry.carrier_id) == (None, partner.id)
    assert inquiry.status == Status.NEW


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"because": ""}, "warum"),
        ({"person_id": None}, "an wen"),
        ({"person_id": 9999}, "nicht mehr im Dienst"),
    ],
)
def test_a_handover_needs_somebody_and_a_reason(session, lara, change, sentence):
    inquiry = an_inquiry(session, "Wohin?", of=ADVISOR)
    wanted = {"because": "Grund", "person_id": person(session, OTHER_ADVISOR).id, **change}
    with pytest.raises(Refused, match=sentence):
        act(service.hand_over, inquiry, Handover(inquiry.version, **wanted), lara)


@pytest.mark.parametrize(
    ("old", "new", "mailed"),
    [
        (Status.IN_PROGRESS, Status.WAITING_FOR_REQUESTER, True),
        (Status.IN_PROGRESS, Status.WAITING_FOR_THIRD_PARTY, False),
        (Status.IN_PROGRESS, Status.CLOSED, True),
        (Status.CLOSED, Status.IN_PROGRESS, True),
        (Status.IN_PROGRESS, Status.SPAM, False),
    ],
)
def test_the_requester_hears_of_moves_that_concern_her(session, lara, old, new, mailed):
    inquiry = an_inquiry(session, "Stand", of=ADVISOR, status=old)
    act(service.move, inquiry, Move(inquiry.version, new), lara)
    assert inquiry.status == new
    assert letters(session, inquiry) == ([("status_change", "j.mueller@stadt.example")] * mailed)


def test_spam_that_was_none_comes_back_to_who_had_it(session, lara):
    inquiry = an_inquiry(session, "Doch kein Spam", of=ADVISOR, status=Status.SPAM)
    act(service.move, inquiry, Move(inquiry.version, Status.NEW), lara)
    assert (inquiry.status, inquiry.assignee_id) == (Status.ASSIGNED, lara.id)


def test_a_corrected_topic_finds_its_own_way(session, lara):
    inquiry = an_inquiry(session, "Förderrecht", of=ADVISOR)
    act(service.correct_topic, inquiry, Correction(inquiry.version, "foerderung"), lara)
    assert directory(session).carriers[inquiry.carrier_id].key == "ha"
    assert inquiry.assignee_id is None
    assert inquiry.topic_source == "staff"


def test_a_corrected_topic_stays_with_who_serves_it_too(session, lara):
    inquiry = an_inquiry(session, "Beteiligung", of=ADVISOR)
    act(service.correct_topic, inquiry, Correction(inquiry.version, "beteiligung"), lara)
    assert inquiry.assignee_id == lara.id


def test_a_corrected_topic_moves_nobody_when_that_is_not_wanted(session, lara):
    inquiry = an_inquiry(session, "Bleibt", of=ADVISOR)
    data = Correction(inquiry.version, "foerderung", reroute=False)
    act(service.correct_topic, inquiry, data, lara)
    assert inquiry.assignee_id == lara.id


def test_a_topic_that_a_person_confirms_is_told(session, lara):
    inquiry = an_inquiry(session, "Stimmt", of=ADVISOR)
    act(service.correct_topic, inquiry, Correction(inquiry.version, "beteiligung"), lara)
    with transaction(session):
        inquiry.topic_source = "classifier"
        history.record(session, inquiry, history.Noted(), by=lara, now=NOW)
    act(service.correct_topic, inquiry, Correction(inquiry.version, "beteiligung"), lara)
    assert told(session, inquiry)[-1].startswith("Lara Lebriez bestätigt das Themenfeld")


def test_a_due_date_changes_with_a_reason_to_the_end_of_the_day(session, lara):
    inquiry = an_inquiry(session, "Frist", of=ADVISOR)
    data = DueDate(inquiry.version, TODAY + timedelta(days=9), "Akten aus dem Archiv.")
    act(service.change_due_date, inquiry, data, lara)
    assert local_day(inquiry.due_at) == date(2026, 12, 2)
    assert told(session, inquiry)[-1] == (
        "Lara Lebriez ändert das Fälligkeitsdatum von 13.12.2026 in 02.12.2026. "
        "Akten aus dem Archiv."
    )


@pytest.mark.parametrize(
    ("day", "because", "sentence"),
    [
        (TODAY - timedelta(days=1), "Grund", "schon vorbei"),
        (TODAY + timedelta(days=400), "Grund", "mehr als ein Jahr"),
        (date(2026, 12, 13), "Grund", "schon fällig"),
        (TODAY, "", "warum"),
    ],
)
def test_a_due_date_that_makes_no_sense_is_refused(session, lara, day, because, sentence):
    inquiry = an_inquiry(session, "Frist", of=ADVISOR)
    with pytest.raises(Refused, match=sentence):
        act(service.change_due_date, inquiry, DueDate(inquiry.version, day, because), lara)


def test_who_saw_an_older_file_changes_nothing(session, lara):
    inquiry = an_inquiry(session, "Zwei", of=ADVISOR)
    seen = inquiry.version
    act(service.note, inquiry, Note(seen, "Erste"), lara)
    deeds = [
        (service.answer, Answer(seen, "Zweite")),
        (service.note, Note(seen, "Zweite")),
        (service.take_over, seen),
        (service.hand_over, Handover(seen, "Grund", carrier_id=1)),
        (service.move, Move(seen, Status.CLOSED)),
        (service.correct_topic, Correction(seen, "beteiligung")),
        (service.change_due_date, DueDate(seen, TODAY, "Grund")),
    ]
    for deed, data in deeds:
        with pytest.raises(Outdated):
            act(deed, inquiry, data, lara)
    assert session.scalar(sa.select(sa.func.count()).select_from(Message)) == 2


# -- The page --------------------------------------------------------------------------------------


def test_the_page_shows_question_note_and_answer_each_as_what_it_is(session, sign_in, lara):
    inquiry = an_inquiry(session, "Gespräch", of=ADVISOR)
    act(service.note, inquiry, Note(inquiry.version, "Nur für uns"), lara)
    act(service.answer, inquiry, Answer(inquiry.version, "Für alle"), lara)
    page = text_of(sign_in().get(f"/anfragen/{inquiry.reference}"))
    kinds = re.findall(r"message--(\w+)", page)
    assert kinds == ["question", "note", "answer"]
    assert "Intern – nicht sichtbar für Anfragende" in page


def test_an_advisor_answers_on_the_page(session, sign_in):
    inquiry = an_inquiry(session, "Seite", of=ADVISOR)
    browser = sign_in()
    page = text_of(browser.get(f"/anfragen/{inquiry.reference}"))
    data = {**fields(page, "antwort"), "text": "Guten Tag", "then": "answered"}
    answer = browser.post(f"/anfragen/{inquiry.reference}/antwort", data=data)
    assert answer.status_code == 303
    page = text_of(browser.get(answer.location))
    assert "Ihre Antwort ist gesendet." in page
    assert "Guten Tag" in page


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Bitte schreiben Sie eine Antwort."),
        ("x" * 50_001, "Der Text ist zu lang"),
        ("Hallo\x00", "unsichtbare Steuerzeichen"),
    ],
)
def test_a_refused_answer_keeps_what_was_typed(session, sign_in, text, sentence):
    inquiry = an_inquiry(session, "Verloren?", of=ADVISOR)
    data = {"version": inquiry.version, "text": text, "then": "in_progress"}
    answer = sign_in().post(f"/anfragen/{inquiry.reference}/antwort", data=data)
    page = text_of(answer)
    assert answer.status_code == 422
    assert sentence in page
    assert re.search(r"Nummer für Rückfragen: [0-9A-F]{8}", page)
    assert f"\n{text.rstrip(chr(0))}</textarea>" in page
    assert re.search(r'value="in_progress" checked', page)


def test_an_answer_to_a_closed_inquiry_is_refused_and_kept(session, sign_in):
    inquiry = an_inquiry(session, "Zu", of=ADVISOR, status=Status.CLOSED)
    data = {"version": inquiry.version, "text": "Noch etwas", "then": "answered"}
    answer = sign_in().post(f"/anfragen/{inquiry.reference}/antwort", data=data)
    assert answer.status_code == 422
    assert "Diese Anfrage ist abgeschlossen. Nehmen Sie sie wieder auf" in text_of(answer)
    assert "Noch etwas</textarea>" in text_of(answer)


def test_a_text_module_joins_what_is_written_without_script_and_stores_nothing(session, sign_in):
    inquiry = an_inquiry(session, "Baustein", of=ADVISOR)
    data = {"version": inquiry.version, "text": "Mein Satz.", "module": "rueckfrage", "insert": "1"}
    answer = sign_in().post(f"/anfragen/{inquiry.reference}/antwort", data=data)
    page = text_of(answer)
    assert answer.status_code == 200
    assert re.search(r"Mein Satz\.\n\nDamit ich Ihnen gut antworten kann", page)
    assert session.scalar(sa.select(sa.func.count()).select_from(Message)) == 1


def test_two_people_at_once_the_second_sees_both_and_can_send_hers_again(session, sign_in, lara):
    inquiry = an_inquiry(session, "Gleichzeitig", of=ADVISOR)
    browser = sign_in(OTHER_ADVISOR)
    seen = fields(text_of(browser.get(f"/anfragen/{inquiry.reference}")), "antwort")
    act(service.answer, inquiry, Answer(inquiry.version, "Laras Antwort"), lara)
    data = {**seen, "text": "Mirjams <b>Antwort</b>", "then": "answered"}
    conflict = browser.post(f"/anfragen/{inquiry.reference}/antwort", data=data)
    page = text_of(conflict)
    assert conflict.status_code == 409
    assert "Mirjams &lt;b&gt;Antwort&lt;/b&gt;</textarea>" in page
    assert "Laras Antwort" in page
    assert "Lara Lebriez hat geantwortet." in page
    assert "Frage</div>" not in page, "only what is new since she looked"
    again = {**fields(page, "antwort"), "text": "Mirjams Ergänzung"}
    assert browser.post(f"/anfragen/{inquiry.reference}/antwort", data=again).status_code == 303
    bodies = session.scalars(sa.select(Message.body).order_by(Message.id)).all()
    assert bodies == ["Frage", "Laras Antwort", "Mirjams Ergänzung"]


def test_the_same_answer_sent_twice_is_one_answer_and_no_quarrel(session, sign_in):
    inquiry = an_inquiry(session, "Doppelklick", of=ADVISOR)
    browser = sign_in()
    path = f"/anfragen/{inquiry.reference}"
    seen = fields(text_of(browser.get(path)), "antwort")
    data = {**seen, "text": "Meine Antwort", "then": "answered"}
    sent = [browser.post(f"{path}/antwort", data=data) for _ in range(2)]
    assert [(one.status_code, one.location) for one in sent] == [(303, path)] * 2
    bodies = session.scalars(sa.select(Message.body).order_by(Message.id)).all()
    assert bodies == ["Frage", "Meine Antwort"]


def test_a_status_that_came_too_late_is_named_in_german(session, sign_in, lara):
    inquiry = an_inquiry(session, "Gleichzeitig", of=ADVISOR)
    browser = sign_in(OTHER_ADVISOR)
    seen = fields(text_of(browser.get(f"/anfragen/{inquiry.reference}")), "stand")
    act(service.note, inquiry, Note(inquiry.version, "Notiz"), lara)
    page = browser.post(f"/anfragen/{inquiry.reference}/stand", data={**seen, "to": "closed"})
    assert page.status_code == 409
    assert "Neuer Stand: abgeschlossen" in page.text


def test_a_log_in_that_has_ended_costs_nobody_her_answer(session, client):
    inquiry = an_inquiry(session, "Über Nacht", of=ADVISOR)
    path = f"/anfragen/{inquiry.reference}/antwort"
    page = client.post(path, data={"version": "1", "text": "Eine <b>lange</b> Antwort"})
    assert page.status_code == 401
    assert "Eine &lt;b&gt;lange&lt;/b&gt; Antwort" in page.text
    assert "/anmelden" in page.text
    assert session.scalars(sa.select(Message.body)).all() == ["Frage"]


def test_an_expired_token_costs_nobody_her_answer(app, session, client, monkeypatch):
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    inquiry = an_inquiry(session, "Browser war zu", of=ADVISOR)
    page = client.post(f"/anfragen/{inquiry.reference}/antwort", data={"text": "Meine Antwort"})
    assert page.status_code == 400
    assert "Meine Antwort" in page.text


def test_words_for_a_file_that_is_out_of_sight_by_now_come_back_and_tell_nothing(
    session, sign_in, lara
):
    inquiry = an_inquiry(session, "Vertraulich", of=ADVISOR)
    browser = sign_in(OTHER_ADVISOR)
    seen = fields(text_of(browser.get(f"/anfragen/{inquiry.reference}")), "notiz")
    pat = person(session, PARTNER)
    act(service.hand_over, inquiry, Handover(inquiry.version, "Grund", person_id=pat.id), lara)
    data = {**seen, "text": "Meine Notiz"}
    there = browser.post(f"/anfragen/{inquiry.reference}/notiz", data=data)
    nowhere = browser.post("/anfragen/ZSZ-2026-99999/notiz", data=data)
    for answer in (there, nowhere):
        assert answer.status_code == 404
        assert "Meine Notiz" in text_of(answer)
        assert "Vertraulich" not in text_of(answer)


@pytest.mark.parametrize("version", ["", "x", "-1", "99999999999999999999", "0"])
def test_a_tampered_version_changes_nothing(session, sign_in, version):
    inquiry = an_inquiry(session, "Fälschung", of=ADVISOR)
    data = {"version": version, "text": "Text", "then": "answered"}
    answer = sign_in().post(f"/anfragen/{inquiry.reference}/antwort", data=data)
    assert answer.status_code in {409, 422}
    assert "Text</textarea>" in text_of(answer)
    assert session.scalar(sa.select(sa.func.count()).select_from(Message)) == 1


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("notiz", {"text": "Notiz"}),
        ("uebernehmen", {}),
        ("weitergeben", {"to": "queue-1", "because": "Grund"}),
        ("stand", {"to": "in_progress"}),
        ("themenfeld", {"topic": "beteiligung", "reroute": "y"}),
        ("frist", {"day": "2026-12-01", "because": "Grund"}),
    ],
)
def test_every_deed_on_the_page_is_done_and_confirmed(session, sign_in, path, data):
    inquiry = an_inquiry(session, "Taten", of=OTHER_ADVISOR)
    browser = sign_in()
    page = text_of(browser.get(f"/anfragen/{inquiry.reference}"))
    entries = len(told(session, inquiry))
    answer = browser.post(
        f"/anfragen/{inquiry.reference}/{path}", data={**fields(page, path), **data}
    )
    assert answer.status_code == 303, text_of(answer)
    assert len(told(session, inquiry)) > entries


def test_what_somebody_may_not_see_does_not_exist(session, sign_in):
    inquiry = an_inquiry(session, "Fremd", of=ADVISOR)
    browser = sign_in(PARTNER)
    assert browser.get(f"/anfragen/{inquiry.reference}").status_code == 404
    for path in ("antwort", "notiz", "uebernehmen", "weitergeben", "stand", "themenfeld", "frist"):
        answer = browser.post(f"/anfragen/{inquiry.reference}/{path}", data={"version": 1})
        assert answer.status_code == 404, path
    assert sign_in(COORDINATOR).get(f"/anfragen/{inquiry.reference}").status_code == 200


def test_what_is_typed_is_shown_as_text_and_never_as_markup(session, sign_in, lara):
    inquiry = an_inquiry(session, "<script>alert(1)</script>", of=ADVISOR)
    act(service.note, inquiry, Note(inquiry.version, "<img src=x onerror=alert(1)>"), lara)
    page = text_of(sign_in().get(f"/anfragen/{inquiry.reference}"))
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page


def test_the_page_asks_the_database_the_same_number_of_times_however_long_the_talk(
    session, sign_in, lara
):
    browser = sign_in()
    short, long = an_inquiry(session, "Kurz", of=ADVISOR), an_inquiry(session, "Lang", of=ADVISOR)
    for number in range(20):
        act(service.note, long, Note(long.version, f"Notiz {number}"), lara)
    browser.get(f"/anfragen/{short.reference}")
    asked = [statements(browser, f"/anfragen/{one.reference}") for one in (short, long)]
    assert asked[0] == asked[1] <= 7


def statements(browser, path: str) -> int:
    counted: list[str] = []

    def count(_connection, _cursor, statement, *_rest):
        counted.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", count)
    try:
        assert browser.get(path).status_code == 200
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", count)
    return sum(1 for statement in counted if not statement.startswith("BEGIN"))


# -- Attachments -----------------------------------------------------------------------------------


@pytest.fixture
def with_file(session):
    """An inquiry with an attachment of a given name and type."""

    def make(name: str, content_type: str) -> tuple[Inquiry, Attachment]:
        inquiry = an_inquiry(session, "Anlage", of=ADVISOR)
        stored = files.store(b"<html><script>alert(1)</script>")
        with transaction(session):
            upload = casefile.Upload(files.safe_name(name), content_type, stored)
            casefile.add_question(
                session, inquiry, "Anbei", channel="form", uploads=[upload], now=NOW
            )
        return inquiry, session.scalars(sa.select(Attachment)).one()

    return make


@pytest.mark.parametrize(
    ("name", "content_type", "sent_as"),
    [
        ("Lageplan für Gießen.pdf", "application/pdf", "application/pdf"),
        ("../../seite.html", "text/html", "application/octet-stream"),
        ("bild.svg", "image/svg+xml", "application/octet-stream"),
    ],
)
def test_an_attachment_is_saved_and_never_shown_by_the_browser(
    sign_in, with_file, name, content_type, sent_as
):
    inquiry, attachment = with_file(name, content_type)
    with sign_in().get(f"/anfragen/{inquiry.reference}/anlagen/{attachment.id}") as answer:
        assert answer.status_code == 200
        assert answer.data == b"<html><script>alert(1)</script>"
    assert answer.mimetype == sent_as
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert ".." not in answer.headers["Content-Disposition"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_an_attachment_belongs_to_its_inquiry_and_to_who_may_see_it(session, sign_in, with_file):
    inquiry, attachment = with_file("plan.pdf", "application/pdf")
    other = an_inquiry(session, "Andere", of=ADVISOR)
    path = f"/anfragen/{inquiry.reference}/anlagen/{attachment.id}"
    assert sign_in(PARTNER).get(path).status_code == 404
    wrong = f"/anfragen/{other.reference}/anlagen/{attachment.id}"
    assert sign_in().get(wrong).status_code == 404


# -- What is known already -------------------------------------------------------------------------


def test_similar_answered_inquiries_of_the_topic_help(session, sign_in, lara):
    def answered(subject: str, answer: str, topic: str = "beteiligung") -> Inquiry:
        inquiry = an_inquiry(session, subject, of=ADVISOR)
        correction = Correction(inquiry.version, topic, reroute=False)
        act(service.correct_topic, inquiry, correction, lara)
        act(service.answer, inquiry, Answer(inquiry.version, answer), lara)
        return inquiry

    helpful = answered("Haustürgespräche im Quartier", "Klingeln Sie am Nachmittag.")
    answered("Verkehrsberuhigung", "Fragen Sie das Ordnungsamt.")
    answered("Haustürgespräche als Arbeit", "Anderes Themenfeld.", "beschaeftigung")
    now = an_inquiry(session, "Wer hat Erfahrung mit Haustürgesprächen?", of=ADVISOR)
    act(service.correct_topic, now, Correction(now.version, "beteiligung", reroute=False), lara)
    page = text_of(sign_in().get(f"/anfragen/{now.reference}?aehnliche=1"))
    known = page[page.index("Was wissen wir schon?") : page.index("<aside")]
    assert helpful.reference in known
    assert "Klingeln Sie am Nachmittag." in known
    assert "Ordnungsamt" not in known
    assert "Anderes Themenfeld" not in known
