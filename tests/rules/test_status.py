"""The states of an inquiry, as staff and requesters meet them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inquiries.casefile.status import (
    ALLOWED,
    CLOCK_RUNS,
    FINAL,
    OPEN,
    WAITING,
    WORDING,
    Status,
    may_move,
    moves_from,
)

statuses = st.sampled_from(Status)


def test_the_values_are_those_that_other_systems_rely_on() -> None:
    assert [str(status) for status in Status] == [
        "new",
        "assigned",
        "in_progress",
        "waiting_for_requester",
        "waiting_for_third_party",
        "answered",
        "closed",
        "spam",
    ]


def test_staff_read_german_words() -> None:
    assert [status.label for status in Status] == [
        "neu",
        "zugewiesen",
        "in Bearbeitung",
        "wartet auf Anfragende",
        "wartet auf Dritte",
        "beantwortet",
        "abgeschlossen",
        "Spam",
    ]


@pytest.mark.parametrize("status", Status)
def test_every_state_explains_itself_to_the_requester_in_one_plain_sentence(
    status: Status,
) -> None:
    sentence = status.public_sentence
    assert sentence.endswith(".")
    assert sentence.count(".") == 1
    assert len(sentence) <= 130
    assert any(word in sentence for word in ("Ihre", "Sie", "Ihnen"))
    assert status.public_label


def test_a_requester_never_reads_the_word_spam() -> None:
    wording = WORDING[Status.SPAM]
    assert "spam" not in (wording.public + wording.sentence).lower()


def test_every_state_is_open_answered_or_final_and_only_one_of_them() -> None:
    assert OPEN | {Status.ANSWERED} | FINAL == set(Status)
    assert not OPEN & FINAL
    assert Status.ANSWERED not in OPEN | FINAL
    assert WAITING < OPEN


def test_the_clock_stops_only_while_the_requester_owes_a_word() -> None:
    assert {status for status in OPEN if status not in CLOCK_RUNS} == {Status.WAITING_FOR_REQUESTER}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("new", "assigned"),
        ("assigned", "in_progress"),
        ("in_progress", "waiting_for_requester"),
        ("waiting_for_requester", "in_progress"),
        ("waiting_for_third_party", "answered"),
        ("in_progress", "answered"),
        ("answered", "in_progress"),
        ("answered", "closed"),
        ("closed", "in_progress"),
        ("assigned", "new"),
        ("spam", "new"),
    ],
)
def test_everyday_moves_are_allowed(old: str, new: str) -> None:
    assert may_move(Status(old), Status(new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("new", "waiting_for_requester"),  # nobody would be waiting
        ("closed", "answered"),
        ("closed", "spam"),
        ("answered", "spam"),
        ("waiting_for_requester", "spam"),
        ("answered", "new"),
        ("spam", "in_progress"),
    ],
)
def test_senseless_moves_are_not(old: str, new: str) -> None:
    assert not may_move(Status(old), Status(new))


def test_spam_comes_only_from_what_nobody_answered_and_goes_only_back_to_new() -> None:
    assert {old for old in Status if may_move(old, Status.SPAM)} == {
        Status.NEW,
        Status.ASSIGNED,
        Status.IN_PROGRESS,
    }
    assert moves_from(Status.SPAM) == (Status.NEW,)


@given(statuses, statuses)
def test_the_table_is_complete_and_says_the_same_either_way(old: Status, new: Status) -> None:
    assert may_move(old, new) == (new in moves_from(old))
    assert not may_move(old, old)
    assert len(set(moves_from(old))) == len(moves_from(old))


@given(statuses, statuses)
def test_from_everywhere_one_can_get_everywhere(start: Status, goal: Status) -> None:
    reached = {start}
    while more := {new for old in reached for new in ALLOWED[old]} - reached:
        reached |= more
    assert goal in reached


@pytest.mark.parametrize("status", sorted(OPEN | {Status.ANSWERED}))
def test_whatever_is_not_final_can_be_closed_at_once(status: Status) -> None:
    assert may_move(status, Status.CLOSED)
