"""What the documentation lists is what there is, and its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from inquiries.casefile.history import ENTRY_KINDS
from inquiries.casefile.status import ALLOWED, Status
from inquiries.timetable.jobs import JOBS

HOME = Path(__file__).resolve().parents[2]
VOCABULARY = (HOME / "docs" / "developers" / "vocabulary.md").read_text()
PAGES = [*HOME.glob("*.md"), *(HOME / "docs").rglob("*.md")]


def _rows(heading: str) -> dict[str, list[str]]:
    section = VOCABULARY.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [
        line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")
    ]
    return {row[0].strip("`"): row[1:] for row in rows}


def test_states_are_listed_with_their_words_and_moves() -> None:
    told = {
        state: (row[0], row[1], set(re.findall(r"`(\w+)`", row[2])))
        for state, row in _rows("States of an inquiry").items()
    }
    assert told == {
        state.value: (state.label, state.public_label, {move.value for move in ALLOWED[state]})
        for state in Status
    }


def test_kinds_of_history_are_listed_with_who_sees_them() -> None:
    told = {kind: row[1] == "yes" for kind, row in _rows("Kinds of history entries").items()}
    assert told == {kind.name: kind.public for kind in ENTRY_KINDS.values()}


def test_jobs_are_listed() -> None:
    assert set(_rows("Jobs")) == {job.name for job in JOBS}


def test_letters_are_listed() -> None:
    letters = {path.stem for path in (HOME / "templates" / "mail").glob("[a-z]*.txt")}
    section = VOCABULARY.split("## Letters\n")[1]
    assert set(re.findall(r"`(\w+)`", section)) == letters


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(HOME)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text())
    broken = [
        target
        for target in targets
        if "://" not in target
        and not target.startswith("mailto:")
        and not (page.parent / target).exists()
    ]
    assert not broken
