"""Measure visits in a closed loop, target after target, round after round.

Each visitor sends the next request when the last answer is complete. What is counted is the
processor time of the server's processes and of PostgreSQL's, for each visit: neighbours on the
machine disturb it least. The order of the targets turns from round to round.
"""

from __future__ import annotations

import statistics
import threading
import time
import typing as t
from dataclasses import dataclass

from benchmarks.browser import WrongAnswer
from benchmarks.processes import cpu_seconds

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.views import Target, View

VISITORS = 2
WARM_UP = 12
FEWEST = 40

Key = tuple[str, str, int]
"""Application, engine of the database, number of inquiries."""


@dataclass(frozen=True)
class Sample:
    """One round of one view on one target, times in milliseconds for each visit."""

    cpu: float
    median: float
    visits: int


def key_of(target: Target) -> Key:
    """Return what tells targets apart."""
    return (target.name, target.database.engine, target.database.size)


def run(
    targets: Sequence[Target], views: Sequence[View], *, rounds: int, seconds: float
) -> dict[str, dict[Key, list[Sample]]]:
    """Return the samples of each view and target; views that write come last.

    A view that answers other than it should is named and left out.
    """
    found: dict[str, dict[Key, list[Sample]]] = {}
    for view in sorted(views, key=lambda view: view.writes):
        print(f"  {view.title}", flush=True)
        try:
            found[view.key] = _samples(targets, view, rounds=rounds, seconds=seconds)
        except WrongAnswer as wrong:
            print(f"  NOT MEASURED: {wrong}", flush=True)
    return found


def _samples(
    targets: Sequence[Target], view: View, *, rounds: int, seconds: float
) -> dict[Key, list[Sample]]:
    samples: dict[Key, list[Sample]] = {key_of(target): [] for target in targets}
    for target in targets:
        warm = target.visitor(view, 0)
        for _ in range(WARM_UP):
            target.visit(view)(warm)
    for turn in range(rounds):
        start = turn * len(targets) // rounds
        for target in (*targets[start:], *targets[:start]):
            samples[key_of(target)].append(_sample(target, view, seconds))
    return samples


def _sample(target: Target, view: View, seconds: float) -> Sample:
    """Let the visitors visit for some seconds.

    Raises:
        WrongAnswer: when any page answered other than it should; nothing is measured then.
    """
    took: list[float] = []
    wrong: list[BaseException] = []
    began = time.perf_counter()

    def loop(number: int) -> None:
        visitor, visit = target.visitor(view, number), target.visit(view)
        try:
            while not wrong:
                before = time.perf_counter()
                if before - began > seconds and len(took) >= FEWEST:
                    return
                visit(visitor)
                took.append(time.perf_counter() - before)
        except BaseException as error:  # noqa: BLE001 - raised again below, in the main thread
            wrong.append(error)

    used = cpu_seconds(target.pids)
    threads = [threading.Thread(target=loop, args=(number,)) for number in range(VISITORS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    used = cpu_seconds(target.pids) - used
    if wrong:
        raise wrong[0]
    return Sample(used / len(took) * 1000, statistics.median(took) * 1000, len(took))


def ratio(samples: Mapping[Key, Sequence[Sample]], one: Key, other: Key) -> float:
    """Return how many times the other's processor time the one costs: median of the rounds."""
    pairs = zip(samples[one], samples[other], strict=True)
    return statistics.median(mine.cpu / theirs.cpu for mine, theirs in pairs)
