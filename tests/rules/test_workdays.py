"""Working days as people in Hessen count them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inquiries.platform.workdays import (
    BERLIN,
    Calendar,
    NoWorkingDay,
    digest_day,
    digest_moment,
    due_at,
    end_of_day,
    iso_week,
    local_day,
    monday_of,
    public_holidays,
)

HESSEN = Calendar()
BETWEEN_THE_YEARS = frozenset(date(2026, 12, 24) + timedelta(days=n) for n in range(8))
CLOSED_AT_CHRISTMAS = Calendar(closing_days=BETWEEN_THE_YEARS)

days = st.dates(date(2019, 1, 1), date(2040, 12, 31))
counts = st.integers(0, 60)
calendars = st.sampled_from([HESSEN, CLOSED_AT_CHRISTMAS, Calendar("BY")])
moments = st.datetimes(
    datetime(2019, 1, 1), datetime(2040, 12, 31), timezones=st.just(UTC)
)  # hypothesis wants naive bounds
dst_nights = [
    datetime(2026, 3, 29, 0, 30, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
]


class TestHolidays:
    def test_hessen_has_exactly_its_ten_days(self) -> None:
        assert public_holidays("HE", 2026) == {
            date(2026, 1, 1),
            date(2026, 4, 3),
            date(2026, 4, 6),
            date(2026, 5, 1),
            date(2026, 5, 14),
            date(2026, 5, 25),
            date(2026, 6, 4),
            date(2026, 10, 3),
            date(2026, 12, 25),
            date(2026, 12, 26),
        }

    def test_corpus_christi_is_off_all_saints_is_not(self) -> None:
        assert not HESSEN.is_working(date(2027, 5, 27))
        assert HESSEN.is_working(date(2027, 11, 1))
        assert HESSEN.is_working(date(2025, 10, 31))

    def test_another_state_has_its_own_days(self) -> None:
        assert not Calendar("BY").is_working(date(2027, 11, 1))

    def test_an_unknown_state_is_named(self) -> None:
        with pytest.raises(ValueError, match="'XX' is no German state"):
            Calendar("XX").is_working(date(2026, 11, 23))

    def test_closing_days_count_as_days_off(self) -> None:
        assert HESSEN.next_working_day(date(2026, 12, 24)) == date(2026, 12, 24)
        assert CLOSED_AT_CHRISTMAS.next_working_day(date(2026, 12, 24)) == date(2027, 1, 4)


class TestCounting:
    @pytest.mark.parametrize(
        ("received", "count", "due"),
        [
            (date(2026, 11, 23), 0, date(2026, 11, 23)),
            (date(2026, 11, 22), 0, date(2026, 11, 23)),
            (date(2026, 11, 23), 1, date(2026, 11, 24)),
            (date(2026, 11, 20), 1, date(2026, 11, 23)),
            (date(2026, 11, 21), 1, date(2026, 11, 23)),
            (date(2026, 11, 22), 1, date(2026, 11, 23)),
            (date(2026, 11, 23), 10, date(2026, 12, 7)),
            (date(2026, 4, 2), 1, date(2026, 4, 7)),
            (date(2026, 6, 3), 1, date(2026, 6, 5)),
            (date(2026, 12, 31), 1, date(2027, 1, 4)),
            (date(2028, 2, 28), 1, date(2028, 2, 29)),
            (date(2028, 2, 28), 2, date(2028, 3, 1)),
        ],
    )
    def test_counting_begins_after_the_day_of_receipt(
        self, received: date, count: int, due: date
    ) -> None:
        assert HESSEN.add_working_days(received, count) == due

    def test_nobody_counts_backwards(self) -> None:
        with pytest.raises(ValueError, match="-1 working days"):
            HESSEN.add_working_days(date(2026, 11, 23), -1)

    @given(days, counts, calendars)
    @example(date(2026, 12, 23), 1, CLOSED_AT_CHRISTMAS)
    def test_the_result_is_a_working_day_and_counting_back_agrees(
        self, day: date, count: int, calendar: Calendar
    ) -> None:
        due = calendar.add_working_days(day, count)
        assert calendar.is_working(due)
        if count:
            assert calendar.working_days_between(day, due) == count

    @given(days, st.integers(-20, 900), calendars)
    @example(date(2026, 12, 20), 20, CLOSED_AT_CHRISTMAS)
    def test_the_quick_count_equals_the_slow_one(
        self, first: date, length: int, calendar: Calendar
    ) -> None:
        slow = sum(calendar.is_working(first + timedelta(days=n)) for n in range(1, length + 1))
        assert calendar.working_days_between(first, first + timedelta(days=length)) == slow

    @given(days, counts, calendars)
    def test_a_later_receipt_is_never_due_earlier(
        self, day: date, count: int, calendar: Calendar
    ) -> None:
        tomorrow = day + timedelta(days=1)
        assert calendar.add_working_days(day, count) <= calendar.add_working_days(tomorrow, count)

    def test_a_calendar_without_any_working_day_is_refused(self) -> None:
        start = date(2026, 1, 1)
        closed = Calendar(closing_days=frozenset(start + timedelta(days=n) for n in range(800)))
        with pytest.raises(NoWorkingDay, match="2026-01-05"):
            closed.next_working_day(date(2026, 1, 5))
        with pytest.raises(NoWorkingDay):
            closed.add_working_days(start, 1)
        with pytest.raises(NoWorkingDay):
            digest_day(date(2026, 1, 5), closed)

    @pytest.mark.parametrize("count", [0, 1, 5])
    def test_the_end_of_time_is_refused_too(self, count: int) -> None:
        end_of_time = Calendar(closing_days=frozenset({date.max}))
        with pytest.raises(NoWorkingDay):
            end_of_time.add_working_days(date.max, count)


class TestMoments:
    def test_a_day_begins_at_local_midnight(self) -> None:
        assert local_day(datetime(2026, 11, 23, 22, 59, tzinfo=UTC), BERLIN) == date(2026, 11, 23)
        assert local_day(datetime(2026, 11, 23, 23, 0, tzinfo=UTC), BERLIN) == date(2026, 11, 24)
        assert local_day(datetime(2026, 7, 1, 22, 0, tzinfo=UTC), BERLIN) == date(2026, 7, 2)

    def test_a_naive_moment_is_refused(self) -> None:
        naive = datetime(2026, 11, 23, 12)
        with pytest.raises(ValueError, match="naive datetime"):
            local_day(naive)
        with pytest.raises(ValueError, match="naive datetime"):
            due_at(naive, 10, HESSEN)

    @given(days)
    @example(date(2026, 3, 29))
    @example(date(2026, 10, 25))
    @example(date(2026, 12, 31))
    @example(date(2028, 2, 29))
    def test_the_end_of_a_day_is_its_last_second(self, day: date) -> None:
        end = end_of_day(day)
        assert end.tzinfo is UTC
        assert local_day(end) == day
        assert local_day(end + timedelta(seconds=1)) == day + timedelta(days=1)

    def test_days_of_23_and_of_25_hours(self) -> None:
        def length(day: date) -> timedelta:
            return end_of_day(day) - end_of_day(day - timedelta(days=1))

        assert length(date(2026, 3, 29)) == timedelta(hours=23)
        assert length(date(2026, 10, 25)) == timedelta(hours=25)
        assert length(date(2026, 11, 23)) == timedelta(hours=24)

    def test_where_the_clock_goes_back_at_midnight_the_second_23_59_ends_the_day(self) -> None:
        sao_paulo = ZoneInfo("America/Sao_Paulo")
        end = end_of_day(date(2018, 2, 17), sao_paulo)
        assert local_day(end + timedelta(seconds=1), sao_paulo) == date(2018, 2, 18)

    def test_an_inquiry_of_monday_is_due_two_weeks_later_at_the_end_of_the_day(self) -> None:
        received = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
        assert due_at(received, 10, HESSEN) == datetime(2026, 12, 7, 22, 59, 59, tzinfo=UTC)

    def test_just_after_midnight_is_the_next_day(self) -> None:
        before = datetime(2026, 11, 23, 22, 59, tzinfo=UTC)
        after = datetime(2026, 11, 23, 23, 1, tzinfo=UTC)
        assert local_day(due_at(before, 1, HESSEN)) == date(2026, 11, 24)
        assert local_day(due_at(after, 1, HESSEN)) == date(2026, 11, 25)

    @given(moments | st.sampled_from(dst_nights), st.integers(1, 40), calendars)
    def test_due_is_always_a_working_day_later_than_receipt(
        self, received: datetime, count: int, calendar: Calendar
    ) -> None:
        due = due_at(received, count, calendar)
        assert due > received
        assert due.tzinfo is UTC
        assert calendar.is_working(local_day(due, calendar.zone))


class TestWeeks:
    @pytest.mark.parametrize(
        ("day", "week"),
        [
            (date(2026, 11, 23), "2026-W48"),
            (date(2027, 1, 1), "2026-W53"),
            (date(2027, 1, 4), "2027-W01"),
            (date(2024, 12, 30), "2025-W01"),
        ],
    )
    def test_the_week_has_its_iso_name(self, day: date, week: str) -> None:
        assert iso_week(day) == week

    @given(days)
    def test_a_week_begins_on_monday_and_keeps_its_name(self, day: date) -> None:
        monday = monday_of(day)
        assert monday.weekday() == 0
        assert timedelta(0) <= day - monday < timedelta(days=7)
        assert iso_week(monday) == iso_week(day)
        assert iso_week(monday - timedelta(days=1)) < iso_week(day)

    @pytest.mark.parametrize(
        ("any_day", "digest"),
        [
            (date(2026, 11, 29), date(2026, 11, 23)),
            (date(2026, 4, 6), date(2026, 4, 7)),  # Ostermontag
            (date(2026, 5, 25), date(2026, 5, 26)),  # Pfingstmontag
            (date(2028, 5, 1), date(2028, 5, 2)),  # Erster Mai
            (date(2029, 1, 1), date(2029, 1, 2)),
        ],
    )
    def test_a_holiday_monday_moves_the_digest(self, any_day: date, digest: date) -> None:
        assert digest_day(any_day, HESSEN) == digest

    def test_a_week_without_work_leaves_the_digest_to_the_next(self) -> None:
        assert digest_day(date(2026, 12, 30), CLOSED_AT_CHRISTMAS) == date(2027, 1, 4)
        assert digest_day(date(2027, 1, 4), CLOSED_AT_CHRISTMAS) == date(2027, 1, 4)

    @given(days)
    def test_the_digest_day_is_one_and_the_same_for_the_whole_week(self, day: date) -> None:
        digest = digest_day(day, HESSEN)
        assert HESSEN.is_working(digest)
        assert iso_week(digest) == iso_week(day)
        assert digest == digest_day(monday_of(day), HESSEN)

    @given(days, calendars)
    @example(date(2026, 3, 30), HESSEN)
    @example(date(2026, 10, 26), HESSEN)
    def test_the_digest_goes_out_at_half_past_seven_by_the_wall_clock(
        self, day: date, calendar: Calendar
    ) -> None:
        moment = digest_moment(day, calendar)
        assert moment.tzinfo is UTC
        assert moment.astimezone(BERLIN).time() == time(7, 30)

    def test_summer_and_winter_differ_in_utc(self) -> None:
        assert digest_moment(date(2026, 10, 19), HESSEN).hour == 5
        assert digest_moment(date(2026, 10, 26), HESSEN).hour == 6
        assert digest_moment(date(2026, 11, 23), HESSEN, time(9)) == datetime(
            2026, 11, 23, 8, tzinfo=UTC
        )
