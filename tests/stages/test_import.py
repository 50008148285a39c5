"""An operator brings inquiries from another system."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from inquiries.casefile.models import Inquiry, Message
from inquiries.mail.models import OutgoingMail
from inquiries.platform import clock
from inquiries.platform.web import db

SAMPLES = Path(__file__).parents[2] / "catalogues" / "examples" / "samples.jsonl"
GOOD = {
    "external_id": "alt-17",
    "channel": "mail",
    "from_name": "Ilona Messerschmidt",
    "from_email": "i.messerschmidt@stadt.example",
    "organisation": "Stadt Gemünden (Wohra), Kämmerei",
    "municipality": "Gemünden (Wohra)",
    "received_at": "2026-01-07T10:13:30+01:00",
    "subject": "Beteiligung im Quartier",
    "body": "Welche Formate der Bürgerbeteiligung haben sich bewährt?",
    "topic": "spam",
}


@pytest.fixture
def bring(app, tmp_path):
    """Import lines (objects or bytes); returns exit code and what was printed as JSON."""

    def go(*lines, options=("--json",)):
        file = tmp_path / "inquiries.jsonl"
        raw = [
            line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode()
            for line in lines
        ]
        file.write_bytes(b"\n".join(raw) + b"\n")
        done = app.test_cli_runner().invoke(args=["inquiries", "import", str(file), *options])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, json.loads(done.stdout) if "--json" in options else done

    return go


def test_a_line_goes_the_same_way_as_every_other_inquiry(bring):
    code, done = bring(GOOD)
    assert code == 0
    landed = done["imported"][0]
    inquiry = db.session.scalars(sa.select(Inquiry)).one()
    assert landed["reference"] == inquiry.reference == "ZSZ-2026-00001"
    assert landed["topic"] == "beteiligung"  # judged here: what the line says does not count
    assert landed["reasons"]
    assert landed["assignee"]
    assert landed["assignment_reasons"]
    assert inquiry.received_at.isoformat() == "2026-01-07T09:13:30+00:00"
    assert inquiry.due_at.isoformat() == "2026-01-14T22:59:59+00:00"
    assert db.session.scalar(sa.select(sa.func.count(OutgoingMail.id))) == 0


def test_running_it_twice_adds_nothing(bring):
    bring(GOOD)
    code, done = bring(GOOD)
    assert code == 0
    assert (len(done["imported"]), len(done["repeated"])) == (0, 1)
    assert db.session.scalar(sa.select(sa.func.count(Inquiry.id))) == 1


def test_lines_without_external_id_come_in_each_time(bring):
    line = {name: value for name, value in GOOD.items() if name != "external_id"}
    bring(line, line)
    assert db.session.scalar(sa.select(sa.func.count(Inquiry.id))) == 2


def test_the_person_in_charge_is_told_of_fresh_ones_the_requester_is_not(bring):
    bring({**GOOD, "received_at": clock.now().isoformat()})
    assert db.session.scalars(sa.select(OutgoingMail.letter)).all() == ["notice_to_advisor"]


@pytest.mark.parametrize("written", ["2026-01-07", "2026-01-07 10:13", "2026-01-07T09:13:30Z"])
def test_moments_may_be_written_in_several_ways(bring, written):
    code, _done = bring({**GOOD, "received_at": written})
    assert code == 0


WRONG = [
    (b"{not json", "Die Zeile ist kein JSON"),
    (b"[1, 2]", "Die Zeile ist kein JSON-Objekt"),
    (b"[" * 100_000, "Die Zeile ist kein JSON"),
    ('{"subject": "Grüße", "body": "x"}'.encode("latin-1"), "nicht in UTF-8"),
    ({**GOOD, "subject": ""}, "subject fehlt."),
    ({**GOOD, "body": "  \n "}, "body fehlt."),
    ({"from_name": "x"}, "subject fehlt."),
    ({**GOOD, "subject": 17}, "subject: Hier gehört Text hin."),
    ({**GOOD, "body": "a\x00b"}, "body: Der Text enthält NUL-Zeichen."),
    ({**GOOD, "subject": "x" * 301}, "subject: Der Text ist zu lang"),
    ({**GOOD, "body": "x" * 10_000_000}, "Der Text ist zu lang"),
    ({**GOOD, "channel": "pigeon"}, "channel: „pigeon“ gibt es nicht"),
    ({**GOOD, "received_at": "gestern"}, "received_at: „gestern“ ist kein Zeitpunkt"),
    ({**GOOD, "received_at": "2999-01-01"}, "kann nicht stimmen"),
    ({**GOOD, "received_at": "0001-01-01T00:00:00+14:00"}, "received_at"),
    ({**GOOD, "from_email": ", ".join(["a@b.example"] * 5000)}, "from_email"),
    ({**GOOD, "from_email": "a@b.example\r\nBcc: c@d.example"}, "from_email"),
]


@pytest.mark.parametrize(("line", "reason"), WRONG, ids=range(len(WRONG)))
def test_a_wrong_line_is_named_and_skipped_and_the_others_land(bring, line, reason):
    code, done = bring({**GOOD, "external_id": "1"}, line, {**GOOD, "external_id": "3"})
    assert code == 1
    assert [entry["line"] for entry in done["imported"]] == [1, 3]
    assert done["skipped"][0]["line"] == 2
    assert reason in done["skipped"][0]["reason"]
    assert db.session.scalar(sa.select(sa.func.count(Inquiry.id))) == 2
    assert [row["reference"] for row in done["imported"]] == ["ZSZ-2026-00001", "ZSZ-2026-00002"]


def test_empty_lines_byte_order_marks_and_windows_line_ends_do_no_harm(bring):
    code, done = bring(b"\xef\xbb\xbf" + json.dumps(GOOD).encode() + b"\r", b"", b"  \r")
    assert (code, len(done["imported"])) == (0, 1)


def test_html_and_script_come_in_as_text(bring):
    script = "<script>alert(1)</script>"
    fields = ("subject", "body", "from_name", "organisation", "municipality")
    code, _done = bring({**GOOD, **dict.fromkeys(fields, script)})
    assert code == 0
    inquiry = db.session.scalars(sa.select(Inquiry)).one()
    assert inquiry.subject == inquiry.municipality_name == script
    assert db.session.scalars(sa.select(Message.body)).one() == script


def test_lone_surrogates_do_not_stop_the_import(bring):
    code, _done = bring(json.dumps({**GOOD, "subject": "a\ud800b"}).encode())
    assert code == 0
    assert db.session.scalars(sa.select(Inquiry.subject)).one() == "ab"


def test_people_read_counts_and_the_wrong_lines(bring):
    code, done = bring(GOOD, b"{", options=())
    assert code == 1
    assert "1 imported, 0 repeated, 1 skipped" in done.stdout
    assert "line 2: Die Zeile ist kein JSON" in done.stderr


def test_all_samples_land_with_topic_reasons_and_somebody_in_charge_in_a_few_seconds(bring):
    lines = SAMPLES.read_bytes().splitlines()
    began = time.process_time()
    code, done = bring(*lines)
    assert time.process_time() - began < 10
    assert code == 0
    assert len(done["imported"]) == len(lines) == 150
    assert all(row["confidence"] is not None for row in done["imported"])
    assert all(row["assignment_reasons"] for row in done["imported"])


def test_a_line_that_names_no_channel_is_a_question_of_the_requester(bring):
    line = {name: value for name, value in GOOD.items() if name != "channel"}
    bring(line)
    assert db.session.scalars(sa.select(Message)).one().by_requester


def test_what_a_requester_wrote_does_not_come_from_staff(bring):
    code, done = bring({**GOOD, "channel": "staff"})
    assert code == 1
    assert "channel" in done["skipped"][0]["reason"]
