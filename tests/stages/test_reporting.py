"""Coordinators see what happened, each figure with its definition, on screen and as CSV."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from inquiries.accounts.actors import Machine
from inquiries.casefile import history
from inquiries.casefile import service as casefile
from inquiries.casefile.models import Channel, Inquiry
from inquiries.casefile.status import Status
from inquiries.casefile.terms import terms
from inquiries.intake.service import Submission, receive
from inquiries.platform.db import transaction
from inquiries.platform.web import db
from inquiries.reporting.answer_times import in_steps, quantile
from inquiries.reporting.days import clock_changes, local_day
from inquiries.reporting.figures import Figure, Row, report
from inquiries.reporting.tables import as_csv
from tests.conftest import ADMINISTRATOR, ADVISOR, COORDINATOR, NOW

BERLIN = ZoneInfo("Europe/Berlin")
SOMEBODY = Machine("Test")
MONDAY = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)


def file(session, **about):
    given = {
        "subject": "Frage", "body": "Wie geht das?", "channel": Channel.FORM,
        "requester_name": "M. Muster", "topic": "beteiligung", "received_at": MONDAY,
    }  # fmt: skip
    return receive(session, Submission(**{**given, **about}), by=None, now=MONDAY).inquiry


def answer(session, inquiry, at):
    casefile.add_answer(session, inquiry, "So.", by=SOMEBODY, now=at)
    casefile.set_status(session, inquiry, Status.ANSWERED, by=SOMEBODY, now=at)


def counted(figure):
    return {row.label: row.number for row in figure.rows}


def key_number(found, title):
    return next(one.value for one in found.key_numbers if one.title == title)


def now_report(year=None):
    return report(db.session, SOMEBODY, year=year, now=NOW)


def test_everything_is_counted_where_it_belongs(either_app):
    with transaction(db.session) as session:
        file(session, municipality_name="Gießen", group="kommune")
        file(session, municipality_name="Gießen", topic="quartiersmanagement")
        file(session, channel=Channel.PHONE)
        spam = file(session)
        casefile.set_status(session, spam, Status.SPAM, by=None, now=NOW)
        file(session, received_at=datetime(2025, 3, 5, 9, 0, tzinfo=UTC), municipality_name="Fulda")
    found = now_report()
    names = {term.key: term.name for term in terms(db.session).topics}
    assert counted(found.figure("themenfelder")) == {
        names["beteiligung"]: 3, names["quartiersmanagement"]: 1,
    }  # fmt: skip
    assert counted(found.figure("gruppen")) == {"Kommune": 1, "ohne Angabe": 3}
    assert counted(found.figure("eingangswege")) == {"Formular": 3, "Telefon": 1}
    assert counted(found.figure("kommunen")) == {"Gießen": 2, "Fulda": 1}
    months = counted(found.figure("monate"))
    assert len(months) == 12
    assert (months["Nov 2026"], months["Dez 2025"], sum(months.values())) == (3, 0, 3)
    assert key_number(found, "Anfragen") == 4
    assert found.years == (2026, 2025)
    last_year = now_report(2025)
    assert counted(last_year.figure("monate"))["Mär 2025"] == 1
    assert key_number(last_year, "Anfragen") == 1
    assert counted(last_year.figure("kommunen")) == {"Fulda": 1}


def test_a_year_begins_at_midnight_here_not_in_greenwich(either_app):
    with transaction(db.session) as session:
        file(session, received_at=datetime(2025, 12, 31, 23, 30, tzinfo=UTC))
    assert key_number(now_report(2026), "Anfragen") == 1
    assert counted(now_report(2026).figure("monate"))["Jan 2026"] == 1


def test_a_year_that_nobody_knows_means_all(session):
    with transaction(session):
        file(session)
    assert now_report(1900).year is None
    assert now_report(999_999_999).year is None


def test_time_to_the_first_answer_counts_working_days_here(either_app):
    late_on_monday = datetime(2026, 11, 16, 22, 30, tzinfo=UTC)  # 23:30 here
    after_midnight = datetime(2026, 11, 16, 23, 30, tzinfo=UTC)  # 0:30 on Tuesday here
    with transaction(db.session) as session:
        answer(session, file(session, received_at=late_on_monday), after_midnight)
        friday = MONDAY + timedelta(days=4)
        answer(session, file(session, received_at=friday), friday + timedelta(days=3))
        answer(session, file(session), MONDAY + timedelta(hours=1))
        answer(session, file(session, received_at=MONDAY - timedelta(days=28)), MONDAY)
        file(session)
    found = now_report()
    assert counted(found.figure("antwortzeit")) == {
        "am selben Tag": 1, "1 bis 2 Arbeitstage": 2, "mehr als 10 Arbeitstage": 1,
    }  # fmt: skip
    assert key_number(found, "Median bis zur Antwort") == 1
    assert key_number(found, "90 % bis zur Antwort") == 20
    assert (key_number(found, "Beantwortet"), key_number(found, "Offen")) == (4, 1)


def test_waiting_for_the_requester_is_never_overdue(either_app):
    long_ago = MONDAY - timedelta(days=60)
    with transaction(db.session) as session:
        late = file(session, received_at=long_ago)
        waiting = file(session, received_at=long_ago)
        for status in (Status.IN_PROGRESS, Status.WAITING_FOR_REQUESTER):
            casefile.set_status(session, waiting, status, by=SOMEBODY, now=NOW)
        file(session, received_at=NOW)
        assert late.due_at < NOW
    assert key_number(now_report(), "Überfällig") == pytest.approx(1 / 3)


def test_how_topics_came_about(either_app):
    with transaction(db.session) as session:
        words = terms(session)
        for source, key, suggested in (
            ("classifier", "beteiligung", "beteiligung"),
            ("staff", "beteiligung", "beteiligung"),
            ("staff", "quartiersmanagement", "beteiligung"),
            ("staff", "quartiersmanagement", ""),
            ("requester", "beteiligung", "quartiersmanagement"),
            ("", None, "beteiligung"),
        ):
            inquiry = file(session)
            inquiry.topic_source = source
            inquiry.topic_id = words.topic(key).id if key else None
            inquiry.suggested_topic = suggested
            history.record(session, inquiry, history.Noted(), by=None, now=NOW)
    found = now_report()
    assert [row.number for row in found.figure("einordnung").rows] == [1, 1, 2, 1, 1]
    assert key_number(found, "Allein eingeordnet") == pytest.approx(1 / 6)
    assert key_number(found, "Themenfeld geändert") == pytest.approx(2 / 6)


def test_a_centre_without_inquiries_has_a_report_too(either_app):
    found = now_report()
    assert key_number(found, "Anfragen") == 0
    assert key_number(found, "Median bis zur Antwort") is None
    assert key_number(found, "Überfällig") is None
    assert found.figure("themenfelder").rows == ()


def test_more_inquiries_need_no_more_queries(session):
    def queries_needed():
        now_report()  # what is kept from call to call is not counted
        seen = []

        def count(_connection, _cursor, statement, *_rest):
            seen.append(statement)

        sa.event.listen(db.engine, "before_cursor_execute", count)
        now_report()
        sa.event.remove(db.engine, "before_cursor_execute", count)
        return len(seen)

    with transaction(session):
        file(session)
    few = queries_needed()
    with transaction(session):
        for n in range(20):
            file(session, municipality_name=f"Ort {n}", channel=Channel.MAIL)
    assert queries_needed() == few
    assert few <= 12


# Rules


def test_clocks_change_on_the_last_sundays_of_march_and_october():
    changes = clock_changes(BERLIN, 2025, 2026)
    assert changes[1:] == (
        (datetime(2025, 3, 30, 1, tzinfo=UTC), 7200),
        (datetime(2025, 10, 26, 1, tzinfo=UTC), 3600),
        (datetime(2026, 3, 29, 1, tzinfo=UTC), 7200),
        (datetime(2026, 10, 25, 1, tzinfo=UTC), 3600),
    )


def test_local_days_in_the_database_are_those_of_the_wall_calendar(either_app):
    moments = [
        datetime(2026, month, day, hour, 30, tzinfo=UTC)
        for month, day in ((1, 1), (3, 28), (3, 29), (7, 1), (10, 24), (10, 25), (12, 31))
        for hour in (0, 1, 21, 22, 23)
    ]
    with transaction(db.session) as session:
        for moment in moments:
            file(session, received_at=moment)
    day = local_day(db.session, Inquiry.received_at, BERLIN, (2026, 2026))
    for moment, shown in db.session.execute(sa.select(Inquiry.received_at, day)):
        assert shown == moment.astimezone(BERLIN).date().isoformat()


@given(st.lists(st.integers(0, 400), min_size=1), st.floats(0.01, 1))
def test_a_quantile_is_reached_by_that_share_and_not_before(times, share):
    value = quantile(Counter(times), share)
    assert sum(taken <= value for taken in times) >= share * len(times)
    assert sum(taken < value for taken in times) < share * len(times)


@given(st.lists(st.integers(0, 400)))
def test_every_answer_lies_in_one_span(times):
    assert sum(n for _label, n in in_steps(Counter(times))) == len(times)


# Pages


def test_coordinators_see_every_figure_with_its_definition(sign_in, session):
    with transaction(session):
        file(session, municipality_name="<script>alert(1)</script>")
    page = sign_in(COORDINATOR).get("/auswertung")
    assert page.status_code == 200
    found = now_report()
    for figure in found.figures:
        assert figure.title in page.text
        assert figure.definition in page.text
        assert f"/auswertung/{figure.key}.csv" in page.text
    for number in found.key_numbers:
        assert number.definition in page.text
    assert "<script>alert" not in page.text
    assert "style=" not in page.text


def test_a_year_that_is_no_number_means_all(sign_in):
    browser = sign_in(COORDINATOR)
    for year in ("", "x", "99999999999999999999", "-1", "2026%00"):
        assert browser.get(f"/auswertung?jahr={year}").status_code == 200


@pytest.mark.parametrize("path", ["/auswertung", "/auswertung/themenfelder.csv"])
def test_only_coordination_and_administration_see_figures(sign_in, client, path):
    assert sign_in(ADVISOR).get(path).status_code == 403
    assert sign_in(ADMINISTRATOR).get(path).status_code == 200
    assert client.get(path).status_code == 302


def test_a_table_opens_in_a_spreadsheet(sign_in, session):
    with transaction(session):
        file(session, municipality_name='=HYPERLINK("http://böse.example")')
        file(session, municipality_name="Gießen; Stadt")
    answer = sign_in(COORDINATOR).get("/auswertung/kommunen.csv?jahr=2026")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert "anfragen-kommunen-2026.csv" in answer.headers["Content-Disposition"]
    assert answer.data.startswith(b"\xef\xbb\xbf")
    lines = answer.data.decode("utf-8-sig").split("\r\n")
    assert lines[0] == "Kommune;Anzahl"
    assert '"\'=HYPERLINK(""http://böse.example"")";1' in lines
    assert '"Gießen; Stadt";1' in lines
    assert sign_in(COORDINATOR).get("/auswertung/nichts.csv").status_code == 404


@pytest.mark.parametrize("start", "=+-@\t\r")
def test_no_label_is_a_formula(start):
    made = as_csv(Figure("x", "X", "X.", "Was", (Row(f"{start}1+1", 1),)))
    assert f"'{start}1+1" in made
