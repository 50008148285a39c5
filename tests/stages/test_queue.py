"""The list of inquiries: views with exact counts, filters, order, pages, and taking one over."""

from __future__ import annotations

import re
import typing as t
from datetime import timedelta

import pytest
import sqlalchemy as sa

from inquiries.accounts.models import Municipality
from inquiries.casefile import history, queries, tally
from inquiries.casefile.queries import Position, Sort, View, Wanted
from inquiries.casefile.status import CLOCK_RUNS, OPEN, WAITING, Status
from inquiries.casework import asked
from inquiries.platform import clock
from inquiries.platform.db import transaction
from inquiries.platform.web import db
from tests.builders import an_inquiry, person
from tests.conftest import ADVISOR, COORDINATOR, NOW, OTHER_ADVISOR, PARTNER

if t.TYPE_CHECKING:
    from inquiries.casefile.models import Inquiry

DAY = NOW.date()


@pytest.fixture(autouse=True)
def _monday_morning(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def house_full_of_inquiries(either_app):
    """One inquiry of each status for two advisors of one carrier and one of the other."""
    made = []
    for number, status in enumerate(Status):
        due = -2 if number % 2 else 5
        for of, carrier in ((ADVISOR, "lag"), (OTHER_ADVISOR, "lag"), (PARTNER, "ha")):
            free = status == Status.NEW
            made.append(
                an_inquiry(
                    db.session,
                    f"{status} {of}",
                    of=None if free else of,
                    carrier=carrier,
                    age=30 - number,
                    due_in=due,
                    status=None if status in {Status.NEW, Status.ASSIGNED} else status,
                )
            )
    return made


def shown(user_email: str, **wanted: t.Any) -> list[str]:
    user = person(db.session, user_email)
    page = queries.page(db.session, user, Wanted(**wanted), now=NOW, size=500)
    return [line.subject for line in page.lines]


def expected(inquiries, user_email: str, view: View) -> set[str]:
    """Say by hand what a view holds."""
    user = person(db.session, user_email)
    everything = user_email == COORDINATOR

    def holds(one: Inquiry) -> bool:
        status = Status(one.status)
        visible = everything or one.carrier_id == user.carrier_id or one.assignee_id == user.id
        return (
            visible
            and {
                View.MINE: status in OPEN and one.assignee_id == user.id,
                View.UNASSIGNED: status in OPEN and one.assignee_id is None,
                View.OVERDUE: status in CLOCK_RUNS and one.due_at < NOW,
                View.WAITING: status in WAITING,
                View.ALL: True,
            }[view]
        )

    return {one.subject for one in inquiries if holds(one)}


@pytest.mark.parametrize("email", [ADVISOR, PARTNER, COORDINATOR])
def test_each_view_holds_what_it_says_and_its_number_is_exact(house_full_of_inquiries, email):
    user = person(db.session, email)
    numbers = queries.counts(db.session, user, now=NOW)
    for view in View:
        wanted = expected(house_full_of_inquiries, email, view)
        assert set(shown(email, view=view)) == wanted, view
        assert numbers[view] == len(wanted), view


def test_the_numbers_stay_exact_when_their_rows_are_folded(house_full_of_inquiries):
    user = person(db.session, ADVISOR)
    before = queries.counts(db.session, user, now=NOW)
    with transaction(db.session) as session:
        assert tally.fold(session, at_least=1) > 0
    assert queries.counts(db.session, user, now=NOW) == before


def test_pages_forth_and_back_show_every_inquiry_once_and_in_order(house_full_of_inquiries):
    user = person(db.session, COORDINATOR)
    for sort in Sort:
        everything = queries.page(db.session, user, Wanted(sort=sort), now=NOW, size=500).lines
        seen: list[str] = []
        page = queries.page(db.session, user, Wanted(sort=sort), now=NOW, size=5)
        assert not page.newer
        while page.older:
            seen += [line.subject for line in page.lines]
            after = page.position(-1, sort)
            page = queries.page(db.session, user, Wanted(sort=sort, after=after), now=NOW, size=5)
        seen += [line.subject for line in page.lines]
        assert seen == [line.subject for line in everything]
        back: list[str] = [line.subject for line in page.lines]
        while page.newer:
            before = page.position(0, sort)
            page = queries.page(db.session, user, Wanted(sort=sort, before=before), now=NOW, size=5)
            back = [one.subject for one in page.lines if one.subject not in back] + back
        assert back == seen


def test_inquiries_of_the_same_moment_are_not_lost_between_pages(either_app):
    for number in range(7):
        an_inquiry(db.session, f"Nummer {number}")
    user = person(db.session, ADVISOR)
    first = queries.page(db.session, user, Wanted(), now=NOW, size=4)
    rest = queries.page(
        db.session, user, Wanted(after=first.position(-1, Sort.RECEIVED)), now=NOW, size=4
    )
    assert len({line.reference for line in [*first.lines, *rest.lines]}) == 7


def test_what_is_due_first_leaves_out_what_is_done(house_full_of_inquiries):
    page = shown(COORDINATOR, sort=Sort.DUE)
    assert {subject.split()[0] for subject in page} == set(OPEN)


# -- Filters ---------------------------------------------------------------------------------------


def test_filters_narrow_by_status_person_topic_and_place(session, app):
    mine = an_inquiry(session, "Meine", of=ADVISOR)
    free = an_inquiry(session, "Freie")
    with transaction(session):
        mine.topic_id = 1
        free.municipality_name = "Musterdorf"
        for one in (mine, free):
            history.record(session, one, history.Noted(), by=None, now=NOW)
    lara = person(session, ADVISOR)
    assert shown(ADVISOR, status=Status.ASSIGNED) == ["Meine"]
    assert shown(ADVISOR, person_id=lara.id) == ["Meine"]
    assert shown(ADVISOR, person_id=queries.NOBODY) == ["Freie"]
    assert shown(ADVISOR, topic_id=1) == ["Meine"]
    assert shown(ADVISOR, topic_id=queries.UNCLEAR) == ["Freie"]
    assert shown(ADVISOR, place=queries.Place((), ("Musterdorf",))) == ["Freie"]


def test_a_municipality_is_found_by_number_name_and_as_it_was_typed(session, sign_in):
    with transaction(session):
        old, new, other = (
            Municipality(
                ags=ags,
                name="Hanau, Brüder-Grimm-Stadt" if ags != "06531005" else "Gießen",
                short_name="Hanau" if ags != "06531005" else "Gießen",
                search_name="|hanau|" if ags != "06531005" else "|giessen|",
                valid_until=DAY - timedelta(days=300) if ags == "06435014" else None,
            )
            for ags in ("06435014", "06415000", "06531005")
        )
        session.add_all([old, new, other])
    filed = {}
    for label, place in (("alt", old), ("neu", new), ("frei", None), ("fremd", other)):
        filed[label] = an_inquiry(session, label, of=ADVISOR)
        with transaction(session):
            filed[label].municipality_id = place.id if place else None
            filed[label].municipality_name = "Gießen" if label == "fremd" else "Hanau"
            history.record(session, filed[label], history.Noted(), by=None, now=NOW)
    browser = sign_in()
    for typed in ("Hanau", "hanau", "06415000", str(new.id)):
        page = text_of(browser.get("/anfragen", query_string={"municipality": typed}))
        found = set(re.findall(r"<span>(alt|neu|frei|fremd)</span>", page))
        assert found == {"alt", "neu", "frei"}, typed
    page = text_of(browser.get("/anfragen?municipality=Nirgendwo"))
    assert "Zu diesen Filtern gibt es in dieser Ansicht keine Anfrage." in page


@pytest.mark.parametrize(
    "query",
    [
        "view=x&sort=y&status=z&topic=none-such&person=-1&municipality=%00",
        "after=9999999999999999999_1",
        "after=1_99999999999999999999",
        "before=x",
        "after=-99999999999999999_1",
        "person=99999999999",
        "person=٣",
        "municipality=9999",
        "q=" + "x" * 5000,
        "q=%27%22%29%3B--",
        "q=%00",
    ],
)
def test_an_address_that_makes_no_sense_shows_a_list_all_the_same(session, sign_in, query):
    an_inquiry(session, "Da", of=ADVISOR)
    assert sign_in().get(f"/anfragen?{query}").status_code == 200


# -- The page --------------------------------------------------------------------------------------


def text_of(answer) -> str:
    return t.cast("str", answer.get_data(as_text=True))


def test_the_page_opens_with_mine_and_an_address_brings_back_the_whole_list(session, sign_in):
    for number in range(60):
        an_inquiry(session, f"Anfrage {number:02}", of=ADVISOR, age=90 - number, due_in=number)
    browser = sign_in()
    page = text_of(browser.get("/anfragen"))
    assert re.search(r'aria-current="page">\s*Meine <span class="count">60</span>', page)
    assert "25 von 60" in page
    assert "Anfrage 00" in page
    following = re.search(r'href="([^"]+)" rel="next"', page)
    assert following
    second = text_of(browser.get(following[1].replace("&amp;", "&")))
    assert "Anfrage 25" in second
    assert "Anfrage 24" not in second
    back = re.search(r'href="([^"]+)" rel="prev"', second)
    assert back
    assert "Anfrage 24" in text_of(browser.get(back[1].replace("&amp;", "&")))


def test_a_place_in_the_list_survives_its_way_through_the_address():
    place = Position(NOW.replace(microsecond=123_456), 4711)
    assert asked._position(asked.cursor(place)) == place


def test_the_list_asks_three_questions_however_long_it_is(session, sign_in):
    browser = sign_in()
    for number in range(30):
        an_inquiry(session, f"Anfrage {number}", of=ADVISOR)
    browser.get("/anfragen")
    counted: list[str] = []

    def count(_connection, _cursor, statement, *_rest):
        counted.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", count)
    try:
        browser.get("/anfragen")
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", count)
    assert len([one for one in counted if not one.startswith("BEGIN")]) <= 4


def test_the_partner_sees_only_her_own_carrier(session, sign_in):
    an_inquiry(session, "Von der LAG", of=ADVISOR)
    an_inquiry(session, "Von der HA", of=PARTNER, carrier="ha")
    page = text_of(sign_in(PARTNER).get("/anfragen?view=all"))
    assert "Von der HA" in page
    assert "Von der LAG" not in page
    assert 'Alle <span class="count">1</span>' in page


def test_deadlines_are_told_in_working_days(session, sign_in):
    for subject, due_in in (("war", -1), ("heute", 0), ("morgen", 1), ("bald", 2), ("später", 9)):
        an_inquiry(session, subject, of=ADVISOR, age=20, due_in=due_in)
    an_inquiry(session, "ruht", of=ADVISOR, age=20, due_in=-3, status=Status.WAITING_FOR_REQUESTER)
    page = text_of(sign_in().get("/anfragen"))
    words = {
        subject: (re.findall(r'due__words">([^<]+)<', row) or [""])[0]
        for row in re.findall(r"<tr data-key-row>.*?</tr>", page, re.DOTALL)
        for subject in re.findall(r"<span>(\S+)</span>", row)[:1]
    }
    assert words == {
        "war": "überfällig",
        "heute": "heute",
        "morgen": "1 Arbeitstag",
        "bald": "2 Arbeitstage",
        "später": "",
        "ruht": "",
    }


def test_one_click_takes_over_what_nobody_has_and_stays_in_the_list(session, sign_in):
    inquiry = an_inquiry(session, "Frei")
    browser = sign_in()
    page = text_of(browser.get("/anfragen?view=unassigned"))
    assert f'name="reference" value="{inquiry.reference}"' in page
    answer = browser.post(
        "/anfragen/uebernehmen?view=unassigned", data={"reference": inquiry.reference}
    )
    assert (answer.status_code, answer.location) == (303, "/anfragen?view=unassigned")
    assert f"{inquiry.reference} liegt jetzt bei Ihnen." in text_of(browser.get(answer.location))
    session.refresh(inquiry)
    assert inquiry.assignee_id == person(session, ADVISOR).id


def test_the_second_who_takes_over_hears_who_was_first(session, sign_in):
    inquiry = an_inquiry(session, "Begehrt")
    for email in (ADVISOR, OTHER_ADVISOR):
        browser = sign_in(email)
        answer = browser.post("/anfragen/uebernehmen", data={"reference": inquiry.reference})
    assert f"Lara Lebriez hat {inquiry.reference} inzwischen übernommen." in text_of(
        browser.get(answer.location)
    )


def test_taking_over_what_one_may_not_see_is_not_possible(session, sign_in):
    inquiry = an_inquiry(session, "Fremd", of=ADVISOR)
    answer = sign_in(PARTNER).post("/anfragen/uebernehmen", data={"reference": inquiry.reference})
    assert answer.status_code == 404


@pytest.mark.parametrize("view", View)
@pytest.mark.parametrize("sort", Sort)
def test_every_view_runs_on_an_index(session, app, view, sort):
    """A list that sorts or reads the whole table becomes slow with the years."""
    statements: list[tuple[str, t.Any]] = []

    def note(_connection, _cursor, statement, parameters, *_rest):
        statements.append((statement, parameters))

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        queries.page(session, person(session, COORDINATOR), Wanted(view, sort), now=NOW)
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    statement, parameters = statements[-1]
    plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    steps = " | ".join(row[-1] for row in plan)
    assert "USING INDEX" in steps
    if not (view is View.OVERDUE and sort is Sort.RECEIVED):
        assert "TEMP B-TREE" not in steps, steps
