"""How good is an engine? Figures on messages whose right topic is known."""

from __future__ import annotations

import time
import typing as t
from collections import Counter
from math import ceil

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from inquiries.classification.engine import Engine, Verdict
    from inquiries.classification.examples import Example

COVERAGES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
BINS = 10


def evaluate(
    engine: Engine, examples: Sequence[Example], *, train_seconds: float, model_bytes: int
) -> dict[str, t.Any]:
    """Return the figures of an engine on examples, with the keys of the command line contract.

    Raises:
        ValueError: when there are no examples.
    """
    if not examples:
        raise ValueError("no examples to evaluate on")
    start = time.perf_counter()
    verdicts = [engine.judge(example.subject, example.body) for example in examples]
    seconds = time.perf_counter() - start
    right = [example.topic for example in examples]
    per_label = _per_label(right, [verdict.topic for verdict in verdicts])
    tested = [row["f1"] for row in per_label.values() if row["n"]]
    hits = [verdict.topic == label for verdict, label in zip(verdicts, right, strict=True)]
    return {
        "engine": engine.name,
        "n": len(examples),
        "accuracy": sum(hits) / len(hits),
        "top2_accuracy": _top2(verdicts, right),
        "macro_f1": sum(tested) / len(tested),
        "per_label": per_label,
        "confusion": _confusion(right, [verdict.topic for verdict in verdicts]),
        "coverage": _coverage(verdicts, hits),
        "expected_calibration_error": _calibration_error(verdicts, hits),
        "train_seconds": train_seconds,
        "predict_per_second": len(examples) / seconds,
        "model_bytes": model_bytes,
    }


def _top2(verdicts: Sequence[Verdict], right: Sequence[str]) -> float:
    return sum(
        label in {verdict.topic, *(other.topic for other in verdict.alternatives[:1])}
        for verdict, label in zip(verdicts, right, strict=True)
    ) / len(right)


def _per_label(right: Sequence[str], said: Sequence[str]) -> dict[str, dict[str, t.Any]]:
    """Return precision, recall, F1 and number by label, also of labels that were only said."""
    wanted, given = Counter(right), Counter(said)
    both = Counter(a for a, b in zip(right, said, strict=True) if a == b)
    return {
        label: {
            "n": wanted[label],
            "precision": both[label] / given[label] if given[label] else 0.0,
            "recall": both[label] / wanted[label] if wanted[label] else 0.0,
            "f1": 2 * both[label] / (wanted[label] + given[label]),
        }
        for label in sorted(wanted | given)
    }


def _confusion(right: Sequence[str], said: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return, for each right label, how often each label was said."""
    table: dict[str, dict[str, int]] = {label: {} for label in sorted(set(right))}
    for (wanted, given), number in sorted(Counter(zip(right, said, strict=True)).items()):
        table[wanted][given] = number
    return table


def _coverage(verdicts: Sequence[Verdict], hits: Sequence[bool]) -> list[dict[str, float]]:
    """Return how often the surest tenth, fifth … of the verdicts is right."""
    surest = sorted(
        zip((verdict.confidence for verdict in verdicts), hits, strict=True),
        key=lambda pair: -pair[0],
    )
    rows = []
    for coverage in COVERAGES:
        part = surest[: max(1, ceil(coverage * len(surest)))]
        rows.append(
            {
                "coverage": coverage,
                "accuracy": sum(hit for _, hit in part) / len(part),
                "threshold": part[-1][0],
            }
        )
    return rows


def _calibration_error(verdicts: Sequence[Verdict], hits: Sequence[bool]) -> float:
    """Return the mean distance of confidence and truth, over ten bins of confidence."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for verdict, hit in zip(verdicts, hits, strict=True):
        place = min(int(verdict.confidence * BINS), BINS - 1)
        bins.setdefault(place, []).append((verdict.confidence, hit))
    return sum(
        abs(sum(confidence for confidence, _ in rows) - sum(hit for _, hit in rows))
        for rows in bins.values()
    ) / len(verdicts)
