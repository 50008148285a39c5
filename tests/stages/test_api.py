"""Other systems file, find, change and answer inquiries with a token."""

from __future__ import annotations

import json
import re
import threading
import typing as t
from datetime import date

import pytest
import sqlalchemy as sa
import structlog

from inquiries.accounts.models import Municipality
from inquiries.api import tokens
from inquiries.api.models import ApiToken
from inquiries.app import create_app
from inquiries.casefile.models import Event, Inquiry, Message
from inquiries.casefile.service import inquiry_of_link
from inquiries.casefile.terms import terms
from inquiries.intake.service import receive
from inquiries.mail.models import OutgoingMail
from inquiries.platform.db import transaction
from inquiries.platform.web import db, limiter
from tests.conftest import NOW

if t.TYPE_CHECKING:
    from flask import Flask

PROBLEM = "application/problem+json"
QUESTION = {
    "subject": "Städtebauförderung: Frist für den Antrag",
    "body": "Bis wann müssen wir den Förderantrag zum Sozialen Zusammenhalt stellen?",
    "from_name": "Erika Muster",
    "from_email": "muster@giessen.example",
    "organisation": "Magistrat der Stadt Gießen",
    "municipality": "Gießen",
}
EVERYTHING = (tokens.Scope.READ, tokens.Scope.WRITE)


class Machine:
    """Another system that has a token."""

    def __init__(self, app, *scopes, name="Serviceportal"):
        with app.app_context(), transaction(db.session) as session:
            self.secret = tokens.make_token(session, name, scopes or EVERYTHING, now=NOW)
        self.app = app

    def ask(self, path, method="GET", **more):
        headers = {"Authorization": f"Bearer {self.secret}", **more.pop("headers", {})}
        client = self.app.test_client()
        return client.open(f"/api/v1{path}", method=method, headers=headers, **more)

    def file(self, key=None, **changes):
        headers = {"Idempotency-Key": key} if key else {}
        return self.ask("/inquiries", "POST", json={**QUESTION, **changes}, headers=headers)

    def show(self, reference):
        return self.ask(f"/inquiries/{reference}").json

    def change(self, reference, **changes):
        return self.ask(f"/inquiries/{reference}", "PATCH", json=changes)


@pytest.fixture
def machine(app: Flask) -> Machine:
    return Machine(app)


@pytest.fixture
def giessen(app: Flask):
    with transaction(db.session) as session:
        session.add(
            Municipality(
                ags="06531005",
                name="Gießen, Universitätsstadt",
                short_name="Gießen",
                district="Landkreis Gießen",
                postcode="35390",
                search_name="|giessen|",
            )
        )


def wrong_fields(answer):
    return [error.get("pointer") or error.get("parameter") for error in answer.json["errors"]]


def count(table):
    return db.session.scalar(sa.select(sa.func.count()).select_from(table))


# Filing


def test_an_inquiry_is_filed_like_one_from_the_form(machine, giessen):
    answer = machine.file()
    assert answer.status_code == 201
    told = answer.json
    assert set(told) >= {
        "reference", "status", "status_url", "topic", "confidence", "reasons", "assignee",
        "assignment_reasons", "due_at",
    }  # fmt: skip
    assert re.fullmatch(r"ZSZ-\d{4}-\d{5}", told["reference"])
    assert told["assignment_reasons"]
    assert told["municipality"] == "Gießen"
    assert answer.location.endswith(f"/api/v1/inquiries/{told['reference']}")
    opened = inquiry_of_link(db.session, told["status_url"].rsplit("/", 1)[-1])
    assert opened is not None
    assert opened.reference == told["reference"]
    letters = db.session.scalars(sa.select(OutgoingMail.letter)).all()
    assert "confirmation" in letters
    events = db.session.scalars(sa.select(Event)).all()
    assert events[0].actor_name == "Schnittstelle: Serviceportal"
    assert all(event.actor_id is None for event in events)


def test_a_chosen_topic_and_kind_and_channel_are_kept(machine):
    told = machine.file(topic="beteiligung", kind="moderation", channel="phone", from_email="").json
    file = machine.show(told["reference"])
    assert (file["topic"], file["kind"], file["channel"]) == ("beteiligung", "moderation", "phone")


@pytest.mark.parametrize("typed", ["06531005", "35390", "Gießen", "Stadt Giessen"])
def test_a_municipality_is_found_by_key_postcode_and_name(machine, giessen, typed):
    reference = machine.file(municipality=typed).json["reference"]
    assert machine.show(reference)["municipality_ags"] == "06531005"


def test_an_unknown_municipality_is_kept_as_written(machine):
    told = machine.file(municipality="Entenhausen").json
    file = machine.show(told["reference"])
    assert (file["municipality"], file["municipality_ags"]) == ("Entenhausen", None)


def test_the_same_key_files_once_and_answers_the_same(machine):
    first, second = machine.file(key="a-1"), machine.file(key="a-1")
    assert (first.status_code, second.status_code) == (201, 200)
    assert {**first.json, "status_url": ""} == {**second.json, "status_url": ""}
    assert count(Inquiry) == 1
    assert machine.file(key="a-2").json["reference"] != first.json["reference"]


def test_two_systems_may_use_the_same_key(app, machine):
    other = Machine(app, name="Fachverfahren")
    assert machine.file(key="1").json["reference"] != other.file(key="1").json["reference"]


def test_the_same_external_id_is_the_same_inquiry_whoever_brings_it(app, machine):
    first = machine.file(external_id="GI-4711")
    second = Machine(app, name="Fachverfahren").file(external_id="GI-4711")
    assert first.json["reference"] == second.json["reference"]
    inquiry = db.session.scalars(sa.select(Inquiry)).one()
    assert inquiry.intake_key == "import:GI-4711"


def test_the_same_key_at_the_same_moment_files_once(either_app):
    machine = Machine(either_app)
    begin = threading.Barrier(4)
    answers = []

    def file():
        begin.wait()
        answers.append(machine.file(key="twice"))

    threads = [threading.Thread(target=file) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert len({answer.json["reference"] for answer in answers}) == 1
    assert count(Inquiry) == 1


def test_the_loser_of_a_race_for_a_key_gets_the_winners_receipt(machine, monkeypatch):
    first = machine.file(key="race")
    tried = []

    def too_late(*args, **kwargs):
        tried.append(1)
        if len(tried) == 1:
            raise sa.exc.IntegrityError("INSERT", {}, Exception("intake_key"))
        return receive(*args, **kwargs)

    monkeypatch.setattr("inquiries.api.views.receive", too_late)
    second = machine.file(key="race")
    assert second.status_code == 200
    assert second.json["reference"] == first.json["reference"]


# What does not fit


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"subject": ""}, "#/subject"),
        ({"subject": " \x00\t "}, "#/subject"),
        ({"subject": "x" * 301}, "#/subject"),
        ({"subject": None}, "#/subject"),
        ({"subject": 7}, "#/subject"),
        ({"subject": ["x"]}, "#/subject"),
        ({"body": "x" * 50_001}, "#/body"),
        ({"from_email": ""}, "#/from_email"),
        ({"from_email": "nobody"}, "#/from_email"),
        ({"from_email": "a@b.de\r\nBcc: c@d.de"}, "#/from_email"),
        ({"topic": "gibt-es-nicht"}, "#/topic"),
        ({"kind": "gibt-es-nicht"}, "#/kind"),
        ({"channel": "staff"}, "#/channel"),
        ({"role": "administrator"}, "#/role"),
        ({"assignee": "roth"}, "#/assignee"),
        ({"received_at": "2020-01-01"}, "#/received_at"),
    ],
)
def test_wrong_fields_are_named(machine, changes, field):
    answer = machine.file(**changes)
    assert answer.status_code == 422
    assert answer.content_type == PROBLEM
    assert wrong_fields(answer) == [field]
    assert count(Inquiry) == 0


def test_an_empty_inquiry_names_all_that_is_missing(machine):
    answer = machine.ask("/inquiries", "POST", json={})
    assert set(wrong_fields(answer)) >= {"#/subject", "#/body", "#/from_name"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 422),
        (b"null", 422),
        (json.dumps(QUESTION, ensure_ascii=False).encode("iso-8859-1"), 400),
        (b"[" * 100_000, 400),
        (b'{"version": ' + b"9" * 5000 + b"}", 400),
        (b'{"subject": "' + b"x" * 10_000_000 + b'"}', 413),
    ],
    ids=["empty", "half", "list", "null", "latin-1", "brackets", "digits", "10 MB"],
)
def test_bodies_that_cannot_be_read(machine, body, status):
    answer = machine.ask("/inquiries", "POST", data=body, content_type="application/json")
    assert answer.status_code == status
    assert answer.content_type == PROBLEM
    assert answer.json["status"] == status
    assert count(Inquiry) == 0


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=iso-8859-1", ""],
)
def test_only_json_in_utf_8(machine, content_type):
    answer = machine.ask("/inquiries", "POST", data=json.dumps(QUESTION), content_type=content_type)
    assert (answer.status_code, answer.content_type) == (415, PROBLEM)


def test_control_characters_are_left_out_and_html_stays_text(machine):
    reference = machine.file(
        subject="<b>Frist\x00</b>\r\nBcc: x", body="<script>alert(1)</script>\x00\ud800 ü"
    ).json["reference"]
    file = machine.show(reference)
    assert file["subject"] == "<b>Frist</b> Bcc: x"
    assert file["messages"][0]["body"] == "<script>alert(1)</script> ü"


@pytest.mark.parametrize("key", ["", "x" * 201, "ü"])
def test_wrong_idempotency_keys(machine, key):
    answer = machine.ask(
        "/inquiries",
        "POST",
        json=QUESTION,
        headers={"Idempotency-Key": key.encode().decode("latin-1")},
    )
    assert (answer.status_code, answer.content_type) == (422, PROBLEM)


# Who may come in


def test_without_a_token_nobody_comes_in(client):
    answer = client.get("/api/v1/inquiries")
    assert (answer.status_code, answer.content_type) == (401, PROBLEM)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("shown", ["Bearer wrong", "Bearer ", "Basic YTpi", "wrong", "Bearer \xff"])
def test_wrong_tokens(client, shown):
    answer = client.get("/api/v1/inquiries", headers={"Authorization": shown})
    assert (answer.status_code, answer.content_type) == (401, PROBLEM)


def test_the_stored_digest_opens_nothing(app, machine):
    stored = db.session.scalars(sa.select(ApiToken)).one().digest
    machine.secret = stored
    assert machine.ask("/topics").status_code == 401


def test_a_revoked_token_is_dead_at_once(app, machine):
    assert machine.ask("/topics").status_code == 200
    app.test_cli_runner().invoke(args=["token", "revoke", "Serviceportal"])
    assert machine.ask("/topics").status_code == 401


def test_a_log_in_is_no_token(sign_in):
    assert sign_in().get("/api/v1/inquiries").status_code == 401


def test_machines_need_no_csrf_token(app, machine, monkeypatch):
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    assert machine.file().status_code == 201


def test_who_tries_too_many_wrong_tokens_must_wait(app, monkeypatch):
    monkeypatch.setattr(limiter, "enabled", True)  # put back afterwards
    limited = create_app({**app.config, "RATELIMIT_ENABLED": True})
    client = limited.test_client()
    wrong = {"Authorization": "Bearer wrong"}
    seen = [client.get("/api/v1/topics", headers=wrong) for _ in range(61)]
    assert {answer.status_code for answer in seen[:60]} == {401}
    assert (seen[60].status_code, seen[60].content_type) == (429, PROBLEM)
    assert int(seen[60].headers["Retry-After"]) > 0
    with limited.app_context():
        db.engine.dispose()


def test_scopes_are_kept_apart(app):
    reader = Machine(app, tokens.Scope.READ, name="liest")
    writer = Machine(app, tokens.Scope.WRITE, name="schreibt")
    hooks = Machine(app, tokens.Scope.WEBHOOKS, name="meldet")
    everything = Machine(app, tokens.Scope.ADMIN, name="alles")
    reference = writer.file().json["reference"]
    refused = reader.file()
    assert (refused.status_code, refused.content_type) == (403, PROBLEM)
    assert 'scope="inquiries:write"' in refused.headers["WWW-Authenticate"]
    assert reader.change(reference, version=1, status="closed").status_code == 403
    assert reader.show(reference)["reference"] == reference
    assert writer.ask(f"/inquiries/{reference}").status_code == 403
    for path in ("/inquiries", "/topics", "/staff", "/municipalities"):
        assert hooks.ask(path).status_code == 403
        assert everything.ask(path).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/inquiries/ZSZ-2026-99999", 404),
        ("GET", "/inquiries/%00", 404),
        ("GET", "/inquiries/%F0%9F%92%A9", 404),
        ("GET", "/nothing", 404),
        ("DELETE", "/inquiries", 405),
    ],
)
def test_what_does_not_exist_is_a_problem_too(machine, method, path, status):
    answer = machine.ask(path, method)
    assert (answer.status_code, answer.content_type) == (status, PROBLEM)


def test_other_pages_keep_their_error_pages(client):
    assert client.get("/gibt-es-nicht").content_type.startswith("text/html")


def test_no_secret_gets_into_the_log(machine):
    with structlog.testing.capture_logs() as said:
        machine.ask("/inquiries/nothing")
        machine.file(subject="")
        machine.file(from_email="muster")
        machine.secret += "x"
        machine.ask("/topics")
    assert [entry["status"] for entry in said] == [404, 422, 422, 401]
    assert machine.secret[:-1] not in repr(said)
    assert "muster" not in repr(said).lower()


def test_the_command_shows_the_token_alone_on_the_last_line(app):
    cli = app.test_cli_runner()
    arguments = ["token", "create", "--name", "Portal", "--scope", "inquiries:read"]
    made = cli.invoke(args=arguments)
    secret = made.output.splitlines()[-1]
    assert re.fullmatch(r"[\w-]{43}", secret)
    machine = Machine(app, name="other")
    machine.secret = secret
    assert machine.ask("/topics").status_code == 200
    assert secret not in cli.invoke(args=["token", "list"]).output
    again = cli.invoke(args=arguments)
    assert again.exit_code == 1
    wrong = cli.invoke(args=["token", "create", "--name", "X", "--scope", "everything"])
    assert wrong.exit_code == 2


# Finding


def test_lists_run_page_by_page(machine):
    filed = [machine.file(subject=f"Frage {n}").json["reference"] for n in range(5)]
    seen, cursor = [], ""
    for _ in range(3):
        page = machine.ask("/inquiries", query_string={"limit": 2, "cursor": cursor}).json
        seen += [item["reference"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert cursor is None
    assert seen == filed[::-1]
    assert set(page["items"][0]) >= {
        "reference", "subject", "status", "topic", "assignee", "municipality", "received_at",
        "due_at",
    }  # fmt: skip


def test_lists_are_narrowed(machine, giessen):
    one = machine.file(subject="Wanderausstellung", topic="beteiligung").json
    machine.file(topic="quartiersmanagement", municipality="Entenhausen")

    def found(**asked):
        items = machine.ask("/inquiries", query_string=asked).json["items"]
        return [item["reference"] for item in items]

    assert found(topic="beteiligung") == [one["reference"]]
    assert found(q="Wanderausstellungen") == [one["reference"]]
    assert found(municipality="06531005") == [one["reference"]]
    assert found(municipality="Giessen") == [one["reference"]]
    assert len(found(municipality="Entenhausen")) == 1
    assert len(found(status=one["status"])) == 2
    assert found(status="spam") == []
    assert found(since="2999-01-01") == []
    assert len(found(since="2020-01-01T00:00:00+02:00")) == 2
    if one["assignee"]:
        assert one["reference"] in found(assignee=one["assignee"])


@pytest.mark.parametrize(
    "asked",
    [
        {"limit": 101}, {"limit": 0}, {"limit": "x"}, {"status": "open"}, {"topic": "x"},
        {"assignee": "x"}, {"since": "gestern"}, {"since": "0001-01-01T00:00:00+14:00"},
        {"cursor": "x"}, {"cursor": "MjAyNg"}, {"cursor": "\x00ü"}, {"sort": "due"},
        {"cursor": "OTk5OS0xMi0zMVQyMzo1OTo1OS0xNDowMCAx"},
    ],
)  # fmt: skip
def test_wrong_parameters_are_named(machine, asked):
    answer = machine.ask("/inquiries", query_string=asked)
    assert (answer.status_code, answer.content_type) == (422, PROBLEM)
    assert wrong_fields(answer) == list(asked)


def test_odd_search_words_find_nothing_and_break_nothing(either_app):
    machine = Machine(either_app)
    machine.file()
    for words in ("\x00", "'; DROP TABLE inquiry", '"', "*", "a" * 300, "& | !", "\ud800"):
        query = {"q": words.encode("utf-8", "surrogatepass").decode("latin-1")}
        assert machine.ask("/inquiries", query_string=query).status_code == 200


def test_topics_staff_and_municipalities(machine, giessen):
    topics = machine.ask("/topics").json["items"]
    assert {"key": "beteiligung", "name": "Beteiligung der Bewohner:innen"}.items() <= topics[
        0
    ].items()
    staff = machine.ask("/staff").json["items"]
    roth = next(person for person in staff if person["key"] == "roth")
    assert (roth["name"], roth["carrier"], roth["active"]) == ("Mirjam Roth", "lag", True)
    assert "password_hash" not in roth
    assert machine.ask("/municipalities").json["items"] == [
        {
            "ags": "06531005", "name": "Gießen, Universitätsstadt", "short_name": "Gießen",
            "district": "Landkreis Gießen", "postcode": "35390",
        }
    ]  # fmt: skip


def test_a_municipality_that_is_gone_is_not_offered(machine, giessen):
    with transaction(db.session) as session:
        session.scalars(sa.select(Municipality)).one().valid_until = date(2025, 12, 31)
    assert machine.ask("/municipalities").json["items"] == []


# Working on it


def test_a_change_is_seen_in_file_and_history(machine):
    reference = machine.file(topic="beteiligung").json["reference"]
    seen = machine.show(reference)
    answer = machine.change(
        reference,
        version=seen["version"],
        topic="quartiersmanagement",
        assignee="roth",
        status="in_progress",
    )
    assert answer.status_code == 200
    file = answer.json
    assert (file["topic"], file["assignee"], file["status"]) == (
        "quartiersmanagement", "roth", "in_progress",
    )  # fmt: skip
    assert file["version"] > seen["version"]
    assert file == machine.show(reference)
    new = file["history"][len(seen["history"]) :]
    assert {entry["actor"] for entry in new} == {"Schnittstelle: Serviceportal"}
    assert "Neuer Stand: in Bearbeitung." in [entry["sentence"] for entry in new]


def test_the_colleague_who_gets_it_is_told(machine):
    reference = machine.file(topic="beteiligung").json["reference"]
    seen = machine.show(reference)
    machine.change(reference, version=seen["version"], assignee="test-partner")
    letter = db.session.scalars(
        sa.select(OutgoingMail).where(OutgoingMail.letter == "reassigned")
    ).one()
    assert letter.recipient == "partner@example.org"
    file = machine.show(reference)
    back = machine.change(reference, version=file["version"], assignee=None).json
    assert (back["assignee"], back["status"]) == (None, "new")


def test_a_stale_version_changes_nothing_and_tells_the_current_one(machine):
    reference = machine.file(topic="beteiligung").json["reference"]
    seen = machine.show(reference)["version"]
    current = machine.change(reference, version=seen, assignee="roth").json["version"]
    answer = machine.change(reference, version=seen, status="closed")
    assert (answer.status_code, answer.content_type) == (409, PROBLEM)
    assert answer.json["version"] == current
    assert machine.show(reference)["status"] != "closed"


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"status": "closed"}, 422, "#/version"),
        ({"version": "1", "status": "closed"}, 422, "#/version"),
        ({"version": 1, "status": "done"}, 422, "#/status"),
        ({"version": 1, "history": []}, 422, "#/history"),
        ({"version": 1, "topic": "x"}, 422, "#/topic"),
        ({"version": 1, "assignee": "x"}, 422, "#/assignee"),
    ],
)
def test_wrong_changes_are_named(machine, changes, status, field):
    reference = machine.file().json["reference"]
    seen = machine.show(reference)
    if changes.get("version") == 1:
        changes = {**changes, "version": seen["version"]}
    answer = machine.change(reference, **changes)
    assert (answer.status_code, answer.content_type) == (status, PROBLEM)
    assert wrong_fields(answer) == [field]
    assert machine.show(reference) == seen


def test_no_way_leads_to_a_forbidden_status(machine):
    reference = machine.file().json["reference"]
    file = machine.show(reference)
    file = machine.change(reference, version=file["version"], status="closed").json
    answer = machine.change(reference, version=file["version"], status="spam")
    assert (answer.status_code, answer.content_type) == (409, PROBLEM)
    assert machine.show(reference)["status"] == "closed"


def test_what_lies_in_a_queue_needs_somebody_before_it_moves(machine):
    reference = machine.file(topic="sonstiges").json["reference"]
    file = machine.show(reference)
    file = machine.change(reference, version=file["version"], assignee=None).json
    for status in ("in_progress", "assigned"):
        answer = machine.change(reference, version=file["version"], status=status)
        assert (answer.status_code, wrong_fields(answer)) == (422, ["#/status"])
    both = machine.change(reference, version=file["version"], assignee="roth", status="assigned")
    assert (both.json["assignee"], both.json["status"]) == ("roth", "assigned")


def test_a_change_that_changes_nothing_is_none(machine):
    reference = machine.file(topic="beteiligung").json["reference"]
    seen = machine.show(reference)
    same = {name: seen[name] for name in ("version", "status", "assignee")}
    assert machine.change(reference, **same).json == seen


def test_the_requester_hears_of_a_status_that_concerns_her(machine):
    reference = machine.file(topic="beteiligung").json["reference"]
    version = machine.show(reference)["version"]
    machine.change(reference, version=version, status="closed")
    letters = db.session.scalars(sa.select(OutgoingMail.letter)).all()
    assert "status_change" in letters


def test_what_is_closed_is_not_answered_by_the_way(machine):
    reference = machine.file().json["reference"]
    version = machine.show(reference)["version"]
    machine.change(reference, version=version, status="closed")
    answer = machine.ask(
        f"/inquiries/{reference}/messages", "POST", json={"body": "Ja.", "visibility": "public"}
    )
    assert (answer.status_code, answer.content_type) == (409, PROBLEM)


def test_an_answer_reaches_the_requester(machine):
    reference = machine.file().json["reference"]
    answer = machine.ask(
        f"/inquiries/{reference}/messages",
        "POST",
        json={"body": "Bis zum 31. März.", "visibility": "public"},
    )
    assert answer.status_code == 201
    assert (answer.json["internal"], answer.json["by_requester"]) == (False, False)
    file = machine.show(reference)
    assert file["status"] == "answered"
    assert [(one["body"], one["by_requester"]) for one in file["messages"]][1:] == [
        ("Bis zum 31. März.", False)
    ]
    letter = db.session.scalars(sa.select(OutgoingMail).where(OutgoingMail.letter == "answer"))
    assert letter.one().recipient == "muster@giessen.example"


def test_a_note_stays_inside(machine):
    reference = machine.file().json["reference"]
    before = count(OutgoingMail)
    answer = machine.ask(
        f"/inquiries/{reference}/messages",
        "POST",
        json={"body": "Ruft morgen wieder an.", "visibility": "internal"},
    )
    assert (answer.status_code, answer.json["internal"]) == (201, True)
    assert count(OutgoingMail) == before
    entry = machine.show(reference)["history"][-1]
    assert (entry["kind"], entry["public"]) == ("noted", False)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"body": "", "visibility": "public"}, "#/body"),
        ({"body": "x"}, "#/visibility"),
        ({"body": "x", "visibility": "secret"}, "#/visibility"),
        ({"body": "x", "visibility": "public", "author": "roth"}, "#/author"),
    ],
)
def test_wrong_messages_are_named(machine, body, field):
    reference = machine.file().json["reference"]
    before = count(Message)
    answer = machine.ask(f"/inquiries/{reference}/messages", "POST", json=body)
    assert answer.status_code == 422
    assert wrong_fields(answer) == [field]
    assert count(Message) == before


def test_every_topic_key_can_be_used(machine):
    for topic in terms(db.session).topics:
        if topic.active:
            assert machine.file(topic=topic.key).json["topic"] == topic.key


# The description


def test_the_description_names_every_way(client):
    answer = client.get("/api/openapi.json")
    assert answer.status_code == 200
    assert answer.json["openapi"] == "3.1.0"
    ways = {
        (path, method)
        for path, methods in answer.json["paths"].items()
        for method in methods
        if method in {"get", "post", "patch", "put", "delete"}
    }
    assert ways == {
        ("/api/v1/inquiries", "get"),
        ("/api/v1/inquiries", "post"),
        ("/api/v1/inquiries/{reference}", "get"),
        ("/api/v1/inquiries/{reference}", "patch"),
        ("/api/v1/inquiries/{reference}/messages", "post"),
        ("/api/v1/topics", "get"),
        ("/api/v1/staff", "get"),
        ("/api/v1/municipalities", "get"),
    }
    for path, method in ways:
        view = answer.json["paths"][path][method]
        assert view["security"], f"{method} {path}"
        assert view["summary"]
