"""What stands in a person's weekly digest, and in which words."""

from __future__ import annotations

import typing as t
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inquiries.casefile.status import CLOCK_RUNS, WAITING, Status
from inquiries.platform.workdays import BERLIN, Calendar, end_of_day, local_day, monday_of
from inquiries.reminders.rules import TITLES, Digest, Line, group, recipient
from inquiries.routing.rules import Absence, Person

if t.TYPE_CHECKING:
    import random

MONDAY = date(2026, 11, 23)
HESSEN = Calendar()


def at(day: date, hour: int = 10) -> datetime:
    return datetime.combine(day, time(hour), BERLIN).astimezone(UTC)


def inquiry(
    status: str = "in_progress",
    *,
    due: date | None = None,
    since: date = MONDAY,
    received: date = date(2026, 11, 9),
    reference: str = "ZSZ-2026-00042",
) -> Line:
    return Line(
        reference=reference,
        subject="Verfügungsfonds: wer stimmt ab?",
        municipality="Gießen",
        status=Status(status),
        received_at=at(received),
        status_since=at(since),
        due_at=end_of_day(due) if due else None,
    )


def only(line: Line, day: date = MONDAY, **options: int) -> tuple[str, str]:
    """Return the section in which a single inquiry lands, and its reason."""
    (section,) = group([line], day, HESSEN, **options).sections
    (entry,) = section.entries
    return section.title, entry.reason


class TestSections:
    @pytest.mark.parametrize(
        ("due", "reason"),
        [
            (date(2026, 11, 18), "überfällig seit 3 Arbeitstagen"),
            (date(2026, 11, 20), "überfällig seit 1 Arbeitstag"),
        ],
    )
    def test_overdue_counts_working_days(self, due: date, reason: str) -> None:
        assert only(inquiry(due=due)) == ("Überfällig", reason)

    def test_overdue_since_friday_looked_at_on_sunday(self) -> None:
        sunday = date(2026, 11, 22)
        assert only(inquiry(due=date(2026, 11, 20)), sunday) == (
            "Überfällig",
            "überfällig, fällig war Freitag, 20.11.",
        )

    @pytest.mark.parametrize(
        ("due", "reason"),
        [
            (date(2026, 11, 23), "heute fällig"),
            (date(2026, 11, 26), "fällig am Donnerstag, 26.11."),
            (date(2026, 11, 29), "fällig am Sonntag, 29.11."),
        ],
    )
    def test_due_until_the_week_ends(self, due: date, reason: str) -> None:
        assert only(inquiry(due=due)) == ("Diese Woche fällig", reason)

    def test_due_next_monday_is_no_matter_of_this_week(self) -> None:
        assert not group([inquiry(due=date(2026, 11, 30))], MONDAY, HESSEN)

    @pytest.mark.parametrize(
        ("status", "whom"),
        [("waiting_for_requester", "Anfragende"), ("waiting_for_third_party", "Dritte")],
    )
    def test_waiting_is_asked_after_when_it_takes_too_long(self, status: str, whom: str) -> None:
        assert not group([inquiry(status, since=date(2026, 11, 9))], MONDAY, HESSEN)
        assert only(inquiry(status, since=date(2026, 11, 5))) == (
            "Wartet schon lange",
            f"wartet seit 12 Arbeitstagen auf {whom}",
        )

    def test_how_long_is_too_long_can_be_said(self) -> None:
        line = inquiry("waiting_for_requester", since=date(2026, 11, 19))
        assert not group([line], MONDAY, HESSEN)
        assert only(line, waiting_limit=1)[1] == "wartet seit 2 Arbeitstagen auf Anfragende"

    def test_nobody_here_is_late_while_the_requester_owes_a_word(self) -> None:
        waiting = inquiry("waiting_for_requester", due=date(2026, 11, 18))
        assert not group([waiting], MONDAY, HESSEN)

    def test_the_requester_still_waits_for_us_while_we_wait_for_others(self) -> None:
        waiting = inquiry(
            "waiting_for_third_party", due=date(2026, 11, 18), since=date(2026, 11, 2)
        )
        assert only(waiting)[0] == "Überfällig"

    @pytest.mark.parametrize(
        ("since", "words"),
        [
            (date(2026, 11, 23), "seit heute"),
            (date(2026, 11, 22), "seit gestern"),
            (date(2026, 11, 20), "seit Freitag"),
            (date(2026, 11, 17), "seit Dienstag"),
            (date(2026, 11, 16), "seit 16.11."),
            (date(2025, 12, 1), "seit 01.12.2025"),
        ],
    )
    def test_new_is_what_nobody_has_begun(self, since: date, words: str) -> None:
        line = inquiry("assigned", due=date(2026, 12, 4), since=since)
        assert only(line) == ("Neu", f"{words} neu")

    def test_the_coordinator_sees_what_is_assigned_to_nobody(self) -> None:
        line = inquiry("new", since=date(2026, 11, 20))
        assert only(line) == ("Neu", "seit Freitag neu und niemandem zugewiesen")

    @pytest.mark.parametrize("status", ["answered", "closed", "spam"])
    def test_what_is_done_is_not_mentioned(self, status: str) -> None:
        line = inquiry(status, due=date(2026, 11, 2), since=date(2026, 11, 2))
        assert not group([line], MONDAY, HESSEN)

    def test_a_new_inquiry_that_is_late_is_late_first_of_all(self) -> None:
        assert only(inquiry("new", due=date(2026, 11, 18)))[0] == "Überfällig"


class TestDigest:
    def test_nothing_to_do_is_no_digest(self) -> None:
        nothing = group([], MONDAY, HESSEN)
        assert not nothing
        assert nothing.sections == ()
        assert nothing == Digest("2026-W48", MONDAY)

    def test_the_most_urgent_stands_first_and_the_oldest_before_the_newer(self) -> None:
        lines = [
            inquiry("assigned", since=date(2026, 11, 20), reference="ZSZ-2026-00005"),
            inquiry(due=date(2026, 11, 25), reference="ZSZ-2026-00004"),
            inquiry(due=date(2026, 11, 19), reference="ZSZ-2026-00000"),
            inquiry(due=date(2026, 11, 12), reference="ZSZ-2026-00002"),
            inquiry(due=date(2026, 11, 12), reference="ZSZ-2026-00001"),
            inquiry("waiting_for_requester", since=date(2026, 10, 5), reference="ZSZ-2026-00006"),
        ]
        digest = group(lines, MONDAY, HESSEN)
        assert len(digest) == 6
        assert [
            (section.key, [entry.line.reference[-1] for entry in section.entries])
            for section in digest.sections
        ] == [
            ("overdue", ["1", "2", "0"]),
            ("due_this_week", ["4"]),
            ("waiting_too_long", ["6"]),
            ("new", ["5"]),
        ]

    def test_age_counts_working_days_since_receipt(self) -> None:
        line = inquiry(due=MONDAY, received=date(2026, 11, 13))
        (entry,) = group([line], MONDAY, HESSEN).due_this_week
        assert entry.age == 6

    def test_the_tuesday_after_easter_counts_from_its_own_day(self) -> None:
        tuesday = date(2026, 4, 7)
        line = inquiry(due=date(2026, 4, 2), received=date(2026, 3, 20), since=date(2026, 3, 23))
        assert only(line, tuesday) == ("Überfällig", "überfällig seit 1 Arbeitstag")

    def test_a_naive_moment_is_refused(self) -> None:
        line = Line(
            reference="ZSZ-2026-00042",
            subject="",
            municipality="",
            status=Status.NEW,
            received_at=datetime(2026, 11, 20),
            status_since=at(MONDAY),
        )
        with pytest.raises(ValueError, match="naive datetime"):
            group([line], MONDAY, HESSEN)


class TestRecipient:
    def test_an_absent_person_is_read_for_by_her_deputy(self) -> None:
        people = {n: Person(n, name, "lag") for n, name in enumerate(("A", "B", "C"), start=1)}
        friday = MONDAY + timedelta(days=4)
        absences = [Absence(1, MONDAY, friday, 2), Absence(2, MONDAY, friday, 3)]
        assert recipient(1, people, absences, MONDAY) == (1, 2, 3)
        assert recipient(3, people, absences, MONDAY) == (3,)
        assert recipient(2, people, absences[:1], MONDAY) == (2,)
        assert recipient(1, people, [Absence(1, MONDAY, friday)], MONDAY) == ()


days = st.dates(date(2026, 8, 1), date(2027, 2, 28))
lines_of = st.lists(
    st.builds(
        inquiry,
        st.sampled_from([status.value for status in Status]),
        due=st.none() | days,
        since=days,
        received=days,
        reference=st.integers(1, 99999).map(lambda n: f"ZSZ-2026-{n:05}"),
    ),
    max_size=12,
    unique_by=lambda line: line.reference,
)


class TestAlways:
    @given(lines_of, days)
    def test_every_inquiry_appears_once_at_most_with_a_reason_and_an_age(
        self, lines: list[Line], day: date
    ) -> None:
        digest = group(lines, day, HESSEN)
        entries = [entry for section in digest.sections for entry in section.entries]
        references = [entry.line.reference for entry in entries]
        assert len(references) == len(set(references)) == len(digest)
        assert bool(digest) == bool(entries)
        assert all(entry.reason and entry.age >= 0 for entry in entries)
        assert [section.key for section in digest.sections] == [
            key for key in TITLES if getattr(digest, key)
        ]

    @given(lines_of, days)
    def test_nothing_late_due_or_untouched_is_ever_missing(
        self, lines: list[Line], day: date
    ) -> None:
        digest = group(lines, day, HESSEN)
        told = {entry.line.reference for part in digest.sections for entry in part.entries}
        sunday = monday_of(day) + timedelta(days=6)
        for line in lines:
            timely = line.due_at is not None and local_day(line.due_at) <= sunday
            untouched = line.status in (Status.NEW, Status.ASSIGNED)
            long_ago = local_day(line.status_since) < day - timedelta(days=30)
            needed = (
                (timely and line.status in CLOCK_RUNS)
                or untouched
                or (line.status in WAITING and long_ago)
            )
            assert not needed or line.reference in told

    @given(lines_of, days, st.randoms(use_true_random=False))
    def test_the_order_of_the_lines_changes_nothing(
        self, lines: list[Line], day: date, dice: random.Random
    ) -> None:
        shuffled = dice.sample(lines, len(lines))
        assert group(lines, day, HESSEN) == group(shuffled, day, HESSEN)
