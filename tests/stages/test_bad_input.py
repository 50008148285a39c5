"""Bad input, for each way in that people use: it is answered clearly, and nothing is lost.

The import has its own wrong lines in test_import.py, the API its own in test_api.py.
"""

from __future__ import annotations

import io
import re
import typing as t
from html import escape, unescape

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from inquiries.accounts.models import User
from inquiries.casefile import service as casefile
from inquiries.casefile.models import Attachment, Inquiry, Message
from inquiries.casefile.status import Status
from inquiries.mail.models import OutgoingMail
from inquiries.platform import clock, files
from inquiries.platform.db import transaction
from inquiries.platform.web import db
from tests.conftest import ADVISOR
from tests.filing import TYPED, filed_link, form_key, send

SCRIPT = '<script>alert("x")</script><img src=x onerror=alert(1)>{{ 7*7 }}'


class Door(t.NamedTuple):
    """A way in: how something is sent there, and the text fields that it has."""

    post: t.Callable[..., t.Any]
    lines: tuple[str, ...]
    counted: type

    def number_of_rows(self) -> int:
        return db.session.scalar(sa.select(sa.func.count(self.counted.id)))


@pytest.fixture(params=["form", "phone note", "status reply"])
def door(request, client, sign_in):
    """Each way in that has a page."""
    if request.param == "form":
        lines = ("name", "phone", "organisation", "municipality", "subject", "own_reference")
        return Door(lambda **changes: send(client, **changes), lines, Inquiry)
    if request.param == "phone note":
        staff = sign_in()

        def note(**changes):
            typed = {"name": "Frau Sommer", "phone": "1", "subject": "S", "body": "B"}
            key = form_key()
            return staff.post("/anfragen/neu", data={**typed, "form_key": key, **changes})

        return Door(note, ("name", "phone", "organisation", "municipality", "subject"), Inquiry)
    link = filed_link(client, topic="beteiligung")

    def reply(**changes):
        return client.post(link, data={"form_key": form_key(), "body": "Text", **changes})

    return Door(reply, (), Message)


def refused(page, status=422):
    """Check what every refusal has: a status, a German heading, a number that is in the log."""
    assert page.status_code == status
    assert "Bitte prüfen Sie Ihre Angaben" in page.text
    number = re.search(r"Nummer ([0-9A-F]{8})", page.text)
    assert number
    return number.group(1)


def test_empty(door):
    before = door.number_of_rows()
    with capture_logs() as log:
        number = refused(door.post(body="", **dict.fromkeys(door.lines, "")))
    assert [line["number"] for line in log] == [number]
    assert door.number_of_rows() == before


def test_only_spaces_and_invisible_signs(door):
    refused(door.post(body=" \n\t \u200b \u00a0 "))


def test_ten_megabytes_of_text(door):
    text = "Zehn Megabyte. " * 700_000
    page = door.post(body=text)
    refused(page)
    assert "Der Text ist zu lang: 10.499.999 Zeichen, erlaubt sind 50.000." in page.text
    assert text.strip() in page.text  # and all of it is still there


def test_more_than_any_form_holds(client):
    page = client.post("/anfrage", data={**TYPED, "body": "x" * 31 * 1024 * 1024})
    assert page.status_code == 413
    assert re.search(r"[0-9A-F]{8}", page.text)


def test_nul_bytes(door):
    before = door.number_of_rows()
    page = door.post(body="vor\x00nach")
    refused(page)
    assert "unsichtbare Steuerzeichen (NUL)" in page.text
    assert "vornach" in page.text
    assert door.number_of_rows() == before


def test_nul_bytes_in_every_line(door):
    for field in door.lines:
        page = door.post(**{field: "vor\x00nach"})
        refused(page)
        assert 'value="vornach"' in page.text


def test_another_encoding_in_a_form_with_files(client):
    parts = {"form_key": form_key(), **TYPED, "schritt": "senden"}
    boundary = "grenze"
    body = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode(
            "latin-1"
        )
        for name, text in parts.items()
    )
    page = client.post(
        "/anfrage",
        data=body + f"--{boundary}--\r\n".encode(),
        content_type=f"multipart/form-data; boundary={boundary}",
    )
    refused(page)
    assert "unleserlich angekommen" in page.text
    assert db.session.scalar(sa.select(sa.func.count(Inquiry.id))) == 0


@pytest.mark.parametrize("body", [b"subject=Gr%FC%DFe&body=x", "subject=Grüße".encode("latin-1")])
@pytest.mark.parametrize("path", ["/anfrage", "/anfragen/neu", "/stand/x", "/anmelden"])
def test_another_encoding_in_a_plain_form(client, path, body):
    page = client.post(path, data=body, content_type="application/x-www-form-urlencoded")
    assert page.status_code == 400
    assert "nicht in der Zeichenkodierung UTF-8" in page.text
    assert re.search(r"[0-9A-F]{8}", page.text)


def test_html_and_script_in_every_field(door, client, sign_in):
    before = door.number_of_rows()
    page = door.post(body=SCRIPT, **dict.fromkeys(door.lines, SCRIPT[:60]))
    assert page.status_code == 303, page.text
    assert door.number_of_rows() == before + 1
    assert db.session.scalars(sa.select(Message).order_by(Message.id.desc())).first().body == SCRIPT
    inquiry = db.session.scalars(sa.select(Inquiry).order_by(Inquiry.id.desc())).first()
    with transaction(db.session) as session:
        link = casefile.issue_status_link(session, inquiry, now=clock.now())
    shown = client.get(link.removeprefix("http://anlaufstelle.example")).text
    assert escape(SCRIPT, quote=False) in unescape_quotes(shown)
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown


def unescape_quotes(page):
    return page.replace("&#34;", '"').replace("&#39;", "'")


def test_html_and_script_in_every_field_of_the_page_to_check(client):
    typed = dict.fromkeys(TYPED, SCRIPT) | {"email": "a@b.example"}
    page = client.post("/anfrage", data={**typed, "form_key": form_key()}).text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert SCRIPT in unescape(page)


def test_five_thousand_recipients(client):
    addresses = ", ".join(f"person{n}@example.org" for n in range(5000))
    page = send(client, email=addresses)
    refused(page)
    assert "Bitte geben Sie genau eine E-Mail-Adresse an." in page.text
    assert addresses in page.text
    assert db.session.scalar(sa.select(sa.func.count(OutgoingMail.id))) == 0


@pytest.mark.parametrize("end", ["\r\n", "\n", "%0a", "\u2028", "\x0b"])
def test_a_second_header_in_address_or_name(client, end):
    page = send(client, email=f"a@b.example{end}Bcc: c@d.example")
    refused(page)
    assert send(client, name=f"Eva{end}Bcc: c@d.example").status_code == 303
    mail = db.session.scalars(sa.select(OutgoingMail).order_by(OutgoingMail.id)).first()
    headers = mail.raw.split(b"\r\n\r\n")[0].decode().lower()
    assert "\r\nbcc:" not in headers
    assert headers.count("\r\nto:") == 1


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../../etc/passwd.pdf", "passwd.pdf"),
        ("..\\..\\windows\\system.pdf", "windowssystem.pdf"),  # multipart: an escaped sign
        ("/absolute.pdf", "absolute.pdf"),
        ("umge\u202edreht\u200b.pdf", "umgedreht.pdf"),
        ("a" * 300 + ".pdf", "a" * 108 + ".pdf"),
    ],
)
def test_attachment_names_that_lead_elsewhere(client, name, shown):
    answer = send(client, files=[(io.BytesIO(b"%PDF-1.7 x"), name)])
    assert answer.status_code == 303, answer.text
    attachment = db.session.scalars(sa.select(Attachment)).one()
    assert attachment.filename == shown
    assert re.fullmatch(r"[0-9a-f]{32}", attachment.storage_key)
    path = files.path_of(attachment.storage_key)
    assert path.read_bytes() == b"%PDF-1.7 x"


def test_the_same_twice(door):
    before = door.number_of_rows()
    key = form_key()
    pages = [door.post(form_key=key) for _ in range(2)]
    assert [page.status_code for page in pages] == [303, 303]
    assert door.number_of_rows() == before + 1


def test_an_unknown_municipality(client):
    assert send(client, municipality="Entenhausen").status_code == 303
    assert db.session.scalars(sa.select(Inquiry.municipality_name)).one() == "Entenhausen"


def test_a_closed_inquiry(client):
    link = filed_link(client, topic="beteiligung")
    with transaction(db.session) as session:
        inquiry = session.scalars(sa.select(Inquiry)).one()
        by = session.scalars(sa.select(User).where(User.email == ADVISOR)).one()
        casefile.set_status(session, inquiry, Status.CLOSED, by=by, now=clock.now())
    page = client.post(link, data={"form_key": form_key(), "body": "Mein Text bleibt."})
    assert page.status_code == 409
    assert "Diese Anfrage ist abgeschlossen" in page.text
    assert "Mein Text bleibt." in page.text
    assert re.search(r"Nummer [0-9A-F]{8}", page.text)


def test_a_wrong_and_a_foreign_token(client):
    link = filed_link(client)
    with capture_logs() as log:
        pages = [client.get(path) for path in ("/stand/wrong", f"{link}x", link.upper(), "/stand/")]
    assert {page.status_code for page in pages} == {404}
    numbers = [re.search(r"<strong>([0-9A-F]{8})</strong>", page.text).group(1) for page in pages]
    assert [line["number"] for line in log] == numbers
    assert link not in str(log)
    without = {page.text.replace(number, "") for page, number in zip(pages, numbers, strict=True)}
    assert len(without) == 1  # the same answer, whatever was wrong


def test_fields_that_nobody_offered_change_nothing(door):
    before = door.number_of_rows()
    extra = {
        "version": "99",
        "status": "closed",
        "reference": "ZSZ-1999-00001",
        "assignee_id": "1",
        "received_at": "1999-01-01",
        "internal": "1",
        "author_id": "1",
        "intake_key": "form:x",
    }
    assert door.post(**extra).status_code == 303
    assert door.number_of_rows() == before + 1
    inquiry = db.session.scalars(sa.select(Inquiry).order_by(Inquiry.id.desc())).first()
    assert inquiry.received_at.year > 2000
    assert inquiry.reference != extra["reference"]
    assert inquiry.status != Status.CLOSED
    message = db.session.scalars(sa.select(Message).order_by(Message.id.desc())).first()
    assert (message.internal, message.author_id) == (False, None)


@pytest.mark.parametrize("field", ["topic", "group", "kind", "assign_to"])
def test_a_choice_that_was_not_offered(door, field):
    page = door.post(**{field: "gibt-es-nicht"})
    assert page.status_code in {303, 422}  # unknown where the form has the field, else ignored
    if page.status_code == 422:
        refused(page)
