"""When something goes wrong: a page that people can read, and a number to ask back with."""

from __future__ import annotations

import re

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from inquiries.accounts.directory import NoCatalogue
from inquiries.app import create_app
from inquiries.platform import settings
from tests.conftest import COORDINATOR
from tests.filing import TYPED


def database_is_away(*_args, **_kwargs):
    raise OperationalError("SELECT 1", {}, Exception("connection refused"))


def shows_a_page_to_ask_back_with(answer):
    assert answer.mimetype == "text/html"
    assert re.search(r"<strong>[0-9A-F]{8}</strong>", answer.text)


def test_the_database_is_away_while_somebody_is_logged_in(sign_in, monkeypatch):
    client = sign_in()
    monkeypatch.setattr("inquiries.accounts.service.user_of_session", database_is_away)
    for path in ("/anfragen", "/abwesenheiten", "/"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
        shows_a_page_to_ask_back_with(answer)


def test_the_database_goes_away_while_a_page_says_no(client, sign_in, monkeypatch):
    for visitor in (client, sign_in()):
        with monkeypatch.context() as patched:
            patched.setattr("inquiries.app.directory", database_is_away)
            answer = visitor.get("/gibt-es-nicht")
        assert answer.status_code == 503
        shows_a_page_to_ask_back_with(answer)


def test_a_page_says_no_before_there_is_a_catalogue(client, monkeypatch):
    def nothing_loaded(_session):
        raise NoCatalogue("no catalogue is loaded")

    monkeypatch.setattr("inquiries.app.directory", nothing_loaded)
    answer = client.get("/gibt-es-nicht")
    assert answer.status_code == 500
    shows_a_page_to_ask_back_with(answer)


def test_a_view_fails(client, monkeypatch):
    def not_thought_of():
        raise KeyError("what nobody thought of")

    monkeypatch.setattr("inquiries.accounts.routes.LoginForm", not_thought_of)
    with capture_logs() as written:
        answer = client.get("/anmelden")
    assert answer.status_code == 500
    shows_a_page_to_ask_back_with(answer)
    assert written[0]["number"] in answer.text


@pytest.mark.parametrize(
    "path", ["/anfragen/%00", "/anfragen/ZSZ-2026-00001/anlagen/99999999999999999999"]
)
def test_an_address_that_no_database_can_hold(either_app, sign_in, path):
    answer = sign_in(COORDINATOR, on=either_app).get(path)
    assert answer.status_code in {400, 404}
    shows_a_page_to_ask_back_with(answer)


@pytest.mark.parametrize("number", [99_999_999_999, 10**25])
def test_a_number_that_no_database_can_hold(either_app, sign_in, number):
    answer = sign_in(COORDINATOR, on=either_app).post(f"/abwesenheiten/{number}/loeschen")
    assert answer.status_code in {302, 400}  # SQLite can hold the smaller one


def test_a_form_without_its_token(app, client, monkeypatch):
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    answer = client.post("/anmelden", data={"email": "a@b.example", "password": "x"})
    assert answer.status_code == 400
    shows_a_page_to_ask_back_with(answer)


@pytest.mark.parametrize(
    "cookie", ["anlaufstelle=.eJxx; sprache=%00", 'anlaufstelle="; =;;;', "remember_token=1|abc"]
)
def test_broken_cookies_are_no_cookies(app, cookie):
    assert app.test_client().get("/anmelden", headers={"Cookie": cookie}).status_code == 200


def test_the_log_in_travels_over_https_only_where_there_is_https(app, tmp_path):
    def cookie_of(base_url):
        made = create_app({"BASE_URL": base_url, "INSTANCE_PATH": str(tmp_path), "TESTING": True})
        return made.config["SESSION_COOKIE_NAME"], made.config["SESSION_COOKIE_SECURE"]

    try:
        assert cookie_of("https://anfragen.example") == ("__Host-anlaufstelle", True)
        assert cookie_of("http://127.0.0.1:5000") == ("anlaufstelle", False)
    finally:
        settings.configure(app.config)


def test_a_long_text_beside_attachments_is_told_to_be_too_long(client):
    text = "x" * 505_000  # more than Flask takes if nobody says how much
    page = client.post("/anfrage", data={**TYPED, "body": text}, content_type="multipart/form-data")
    assert page.status_code == 422
    assert "Der Text ist zu lang" in page.text


@pytest.mark.parametrize(
    "wanted", ["//[", "//evil.example", "/\\evil.example", "/\r\nSet-Cookie: a=b"]
)
def test_nobody_is_led_astray_after_the_log_in(sign_in, wanted):
    answer = sign_in().get("/anmelden", query_string={"next": wanted})
    assert answer.status_code == 302
    assert answer.location == "/anfragen"


def test_after_a_restart_of_the_database_the_same_page_is_asked_for_again(client, monkeypatch):
    def connection_is_lost(*_args, **_kwargs):
        raise OperationalError("SELECT 1", {}, Exception("closed"), connection_invalidated=True)

    monkeypatch.setattr("inquiries.app.directory", connection_is_lost)
    for path in ("/anmelden?next=/abwesenheiten", "/gibt-es-nicht"):
        answer = client.get(path)
        assert (answer.status_code, answer.location) == (302, path)
    answer = client.get("/", environ_overrides={"PATH_INFO": "//evil.example/x"})
    assert not answer.headers.get("Location", "").startswith("//")
