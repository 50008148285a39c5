"""The clock: each slot of a job runs once, a missed one is caught up, a dead one is taken over."""

from __future__ import annotations

import json
import threading
import time as real_time
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from inquiries.accounts.directory import NoCatalogue
from inquiries.casefile.models import Tally
from inquiries.intake.models import PendingUpload
from inquiries.platform import clock, files
from inquiries.platform.db import transaction
from inquiries.platform.web import db
from inquiries.platform.workdays import Calendar
from inquiries.timetable.clock import Clock
from inquiries.timetable.jobs import JOBS, Job, fold_tallies
from inquiries.timetable.models import JobRun
from inquiries.timetable.runner import last_heartbeat, overview, run_due, run_if_due
from inquiries.timetable.slots import Daily, Every, FirstWorkingDay
from inquiries.timetable.uploads import clear_uploads

BERLIN = ZoneInfo("Europe/Berlin")
CALENDAR = Calendar(closing_days=frozenset(date(2026, 12, day) for day in range(24, 32)))
DIGEST = FirstWorkingDay(time(7, 30))
NIGHTLY = Daily(time(3, 30))
MONDAY = datetime(2026, 11, 23, 7, 30, tzinfo=BERLIN)


def berlin(*parts, fold=0):
    return datetime(*parts, tzinfo=BERLIN, fold=fold)


# --- when


@pytest.mark.parametrize(
    ("now", "key"),
    [
        (berlin(2026, 11, 23, 7, 29, 59), None),
        (berlin(2026, 11, 23, 7, 30), "2026-W48"),
        (berlin(2026, 11, 25, 22, 0), "2026-W48"),
        (berlin(2026, 11, 29, 23, 59), "2026-W48"),
        (berlin(2026, 11, 30, 0, 0), None),  # the week is over: what was missed is not sent
        (berlin(2026, 4, 6, 12, 0), None),  # Easter Monday
        (berlin(2026, 4, 7, 7, 30), "2026-W15"),
        (berlin(2026, 5, 26, 7, 30), "2026-W22"),  # the Tuesday after Whit Monday
        (berlin(2026, 12, 29, 12, 0), None),  # closed from Christmas to New Year
        (berlin(2027, 1, 3, 23, 0), None),
        (berlin(2027, 1, 4, 7, 30), "2027-W01"),
    ],
)
def test_the_digest_is_due_once_a_week_on_its_first_working_day(now, key):
    slot = DIGEST.latest(now, CALENDAR)
    assert (slot.key if slot else None) == key


def test_the_digest_is_due_at_the_same_local_time_in_summer_and_winter():
    assert DIGEST.latest(berlin(2026, 7, 6, 12), CALENDAR).moment.hour == 5
    assert DIGEST.latest(berlin(2026, 12, 7, 12), CALENDAR).moment.hour == 6


def test_the_next_digest_is_this_weeks_or_the_next_weeks():
    before, after = MONDAY - timedelta(hours=1), MONDAY + timedelta(hours=1)
    assert DIGEST.following(before, CALENDAR) == MONDAY
    assert DIGEST.following(after, CALENDAR) == MONDAY + timedelta(days=7)


def test_a_nightly_job_has_a_slot_for_each_local_day():
    assert NIGHTLY.latest(berlin(2026, 11, 23, 3, 29), CALENDAR).key == "2026-11-22"
    assert NIGHTLY.latest(berlin(2026, 11, 23, 3, 30), CALENDAR).key == "2026-11-23"
    assert NIGHTLY.following(MONDAY, CALENDAR) == berlin(2026, 11, 24, 3, 30)


def test_no_job_lies_in_the_hour_that_one_night_lacks():
    with pytest.raises(ValueError, match="02:30"):
        Daily(time(2, 30))
    with pytest.raises(ValueError, match="02:00"):
        FirstWorkingDay(time(2, 0))
    assert all(getattr(job.slots, "at", time(0)).hour != 2 for job in JOBS)


@pytest.mark.parametrize("night", [date(2026, 3, 29), date(2026, 10, 25)])
@pytest.mark.parametrize(
    ("slots", "number"), [(Every(900), {3: 92, 10: 100}), (NIGHTLY, {3: 1, 10: 1})]
)
def test_both_nights_of_the_clock_change_have_each_slot_once(night, slots, number):
    """23 hours in March, 25 in October: as many quarters of an hour, and one run at 3.30."""
    first = datetime.combine(night, time(0), BERLIN).astimezone(UTC)
    last = datetime.combine(night + timedelta(days=1), time(0), BERLIN).astimezone(UTC)
    seen = {}
    moment = first
    while moment < last:
        slot = slots.latest(moment, CALENDAR)
        seen.setdefault(slot.key, set()).add(slot.moment)
        moment += timedelta(minutes=5)
    assert all(len(moments) == 1 for moments in seen.values())
    assert len([key for key in seen if key.startswith(night.isoformat())]) == number[night.month]


@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    slots=st.sampled_from([DIGEST, NIGHTLY, Every(15), Every(600)]),
)
def test_the_latest_slot_is_past_and_the_following_one_is_not(now, slots):
    latest = slots.latest(now, CALENDAR)
    following = slots.following(now, CALENDAR)
    assert following > now
    if latest is not None:
        assert latest.moment <= now
        assert slots.latest(latest.moment, CALENDAR) == latest
    due = slots.latest(following, CALENDAR)
    assert due is not None
    assert due.moment == following


# --- once


class Work:
    """A job that remembers when it ran, and fails as often as it is told to."""

    def __init__(self, failures=0, takes=0.0):
        self.runs = []
        self.failures = failures
        self.takes = takes

    def __call__(self, session_factory, now):
        self.runs.append(now)
        real_time.sleep(self.takes)
        if len(self.runs) <= self.failures:
            raise ConnectionError("secret detail")
        return "Getan."


def job(work, slots=DIGEST, **options):
    return Job("test", slots, work, "Probe", **options)


def rows(session_factory):
    with session_factory() as session:
        return session.scalars(sa.select(JobRun).order_by(JobRun.id)).all()


@pytest.fixture
def session_factory(either_app):
    return db.sessionmaker


def expire(session_factory):
    """Let the time of all leases go by."""
    with session_factory() as session, transaction(session):
        session.execute(sa.update(JobRun).values(lease_until=clock.now() - timedelta(seconds=1)))


def test_a_slot_runs_once(session_factory):
    work = Work()
    assert run_due(session_factory, MONDAY, [job(work)]) == {"test": "Getan."}
    assert run_due(session_factory, MONDAY + timedelta(days=1), [job(work)]) == {}
    assert work.runs == [MONDAY]
    (row,) = rows(session_factory)
    assert (row.slot, row.result, row.error) == ("2026-W48", "Getan.", "")
    assert row.finished_at is not None


def test_a_week_that_was_missed_is_caught_up_while_it_lasts(session_factory):
    work = Work()
    assert run_if_due(job(work), session_factory, berlin(2026, 11, 29, 20)) == "Getan."
    assert run_if_due(job(work), session_factory, berlin(2026, 11, 30, 6)) is None
    assert run_if_due(job(work), session_factory, berlin(2026, 11, 30, 8)) == "Getan."


def test_many_workers_run_each_slot_once(session_factory):
    work = Work()
    start = threading.Barrier(3)

    def tick():
        start.wait()
        for minute in range(30):
            now = MONDAY + timedelta(minutes=minute)
            run_if_due(job(work, Every(60)), session_factory, now)

    threads = [threading.Thread(target=tick) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(work.runs) == 30
    assert len(set(work.runs)) == 30


def test_before_a_catalogue_is_loaded_no_slot_is_used_up(session_factory, monkeypatch):
    def nothing(_session):
        raise NoCatalogue

    with monkeypatch.context() as patched:
        patched.setattr("inquiries.timetable.runner.directory", nothing)
        assert run_if_due(job(Work()), session_factory, MONDAY) is None
    assert run_if_due(job(Work()), session_factory, MONDAY) == "Getan."


def test_a_run_that_died_is_taken_over_when_its_lease_is_over(session_factory):
    with session_factory() as session, transaction(session):
        session.add(
            JobRun(
                job="test",
                slot="2026-W48",
                started_at=clock.now(),
                lease_until=clock.now() + timedelta(minutes=10),
            )
        )
    work = Work()
    assert run_if_due(job(work), session_factory, MONDAY) is None
    expire(session_factory)
    assert run_if_due(job(work), session_factory, MONDAY) == "Getan."
    assert rows(session_factory)[0].attempt == 2


def test_who_was_taken_over_does_not_write_the_end(session_factory):
    def slow(session_factory, now):
        expire(session_factory)
        run_if_due(job(Work()), session_factory, now)
        return "Zu spät."

    run_if_due(job(slow), session_factory, MONDAY)
    (row,) = rows(session_factory)
    assert (row.attempt, row.result) == (2, "Getan.")


def test_what_failed_is_tried_again_after_a_pause_but_not_for_ever(session_factory):
    work = Work(failures=9)
    failing = job(work, attempts=3)
    assert run_if_due(failing, session_factory, MONDAY) == "Fehlgeschlagen: ConnectionError."
    assert run_if_due(failing, session_factory, MONDAY) is None
    for _ in range(4):
        expire(session_factory)
        run_if_due(failing, session_factory, MONDAY)
    assert len(work.runs) == 3
    (row,) = rows(session_factory)
    assert row.error == "ConnectionError"
    assert row.finished_at is not None


def test_one_job_that_fails_does_not_stop_the_others(session_factory):
    other = Job("other", DIGEST, Work(), "Andere")
    results = run_due(session_factory, MONDAY, [job(Work(failures=1)), other])
    assert results == {"test": "Fehlgeschlagen: ConnectionError.", "other": "Getan."}


def test_a_frequent_job_does_not_fill_the_table(session_factory):
    frequent = job(Work(), Every(15))
    for second in range(0, 150, 15):
        run_if_due(frequent, session_factory, MONDAY + timedelta(seconds=second))
    with session_factory() as session, transaction(session):
        session.execute(sa.update(JobRun).values(started_at=clock.now() - timedelta(hours=2)))
    run_if_due(frequent, session_factory, MONDAY + timedelta(hours=1))
    assert len(rows(session_factory)) == 1


def test_the_clock_does_what_is_due_at_once_and_nothing_waits_for_a_slow_job(session_factory):
    slow, quick = Work(takes=1.0), Work()
    running = Clock(
        session_factory,
        [Job("slow", Every(3600), slow, "Langsam"), Job("quick", Every(3600), quick, "Schnell")],
    )
    began = real_time.monotonic()
    running.start()
    while not (quick.runs and slow.runs) and real_time.monotonic() - began < 5:
        real_time.sleep(0.02)
    with session_factory() as session:
        assert clock.now() - last_heartbeat(session) < timedelta(seconds=10)
    assert real_time.monotonic() - began < 1.0
    running.stop()
    assert {row.job: row.result for row in rows(session_factory)} == {
        "slow": "Getan.",
        "quick": "Getan.",
    }


def test_a_clock_that_was_set_back_goes_on_ticking(session_factory, monkeypatch):
    work = Work()
    running = Clock(session_factory, [job(work, Every(1))])
    monkeypatch.setattr("inquiries.timetable.clock.TICK", 0.2)
    running.start()
    hour = timedelta(hours=1)
    for planned in running._scheduler.get_jobs():
        planned.modify(next_run_time=clock.now() + hour)  # what setting back by an hour leaves
    before = len(work.runs)
    monkeypatch.setattr("inquiries.timetable.clock.time.time", iter_time(-3600.0))
    stopped = threading.Event()
    threading.Timer(1.5, stopped.set).start()
    running.keep(stopped)
    running.stop()
    assert len(work.runs) > before


def iter_time(jump):
    """Return a wall clock that is set once, after it was first read."""
    true_time = real_time.time
    read = []

    def wall():
        read.append(1)
        return true_time() + (jump if len(read) > 1 else 0.0)

    return wall


# --- what


def test_every_job_of_the_timetable_runs_on_an_empty_house(session_factory):
    for entry in JOBS:
        assert entry.run(session_factory, MONDAY).endswith(".")


def test_files_of_forms_that_were_never_sent_are_cleared_away(session_factory):
    kept = {}
    with session_factory() as session, transaction(session):
        for age in (23, 25):
            stored = files.store(b"Lageplan")
            kept[age] = stored.storage_key
            session.add(
                PendingUpload(
                    form_key="f",
                    filename="plan.pdf",
                    content_type="application/pdf",
                    size=8,
                    sha256=stored.sha256,
                    storage_key=stored.storage_key,
                    created_at=MONDAY - timedelta(hours=age),
                )
            )
    assert clear_uploads(session_factory, MONDAY) == "1 Dateien gelöscht."
    assert files.path_of(kept[23]).exists()
    assert not files.path_of(kept[25]).exists()


def test_counting_rows_are_folded(session_factory):
    with session_factory() as session, transaction(session):
        session.add_all(Tally(carrier_id=1, assignee_id=0, status="new", n=1) for _ in range(300))
    fold_tallies(session_factory, MONDAY)
    with session_factory() as session:
        assert session.execute(sa.select(Tally.status, Tally.n)).all() == [("new", 300)]


# --- by hand


def test_a_person_sees_the_jobs_with_their_last_and_next_run(either_app):
    runner = either_app.test_cli_runner()
    ran = runner.invoke(args=["jobs", "run", "tally-fold"])
    assert (ran.exit_code, ran.output) == (0, "0 Zählzeilen zusammengefasst.\n")
    shown = json.loads(runner.invoke(args=["jobs", "list", "--json"]).output)
    assert [entry["name"] for entry in shown] == [entry.name for entry in JOBS]
    folded = next(entry for entry in shown if entry["name"] == "tally-fold")
    assert folded["last_run"]["result"] == "0 Zählzeilen zusammengefasst."
    assert datetime.fromisoformat(folded["next_run"]) > clock.now()
    told = runner.invoke(args=["jobs", "list"]).output
    assert "montags um 07:30 Uhr" in told
    assert "alle 15 Sekunden" in told


def test_a_run_by_hand_uses_up_no_slot(session_factory, either_app):
    args = ["jobs", "run", "weekly-digest", "--at", "2026-11-23T07:30"]
    assert either_app.test_cli_runner().invoke(args=args).exit_code == 0
    (row,) = rows(session_factory)
    assert row.slot.startswith("hand:")
    with session_factory() as session:
        outlines = {outline.job.name: outline for outline in overview(session, MONDAY)}
    assert outlines["weekly-digest"].last.id == row.id
    assert outlines["weekly-digest"].next_at == MONDAY + timedelta(days=7)
    assert outlines["mail-deliver"].last is None


@pytest.mark.parametrize(
    "args", [["jobs", "run", "nothing"], ["jobs", "run", "tally-fold", "--at", "monday"]]
)
def test_a_wrong_word_is_named(either_app, args):
    told = either_app.test_cli_runner().invoke(args=args)
    assert told.exit_code == 2
    assert args[-1] in told.output
