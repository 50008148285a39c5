"""What is it about? The engine that judges a message, and what it says."""

from __future__ import annotations

import json
import typing as t
from dataclasses import asdict, dataclass
from math import exp

from inquiries.classification.features import FILLERS, as_word, counts, read
from inquiries.classification.learnt import Learnt, pack, unpack
from inquiries.classification.prior import Prior, WordList

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inquiries.classification.features import Phrase, Word
    from inquiries.classification.prior import Hit

SPAM = "spam"
"""What an engine may say besides the topics of the catalogue."""

FALLBACK = "sonstiges"
"""Topic of a message without words, if the catalogue has it."""
_MAGIC = b"AWM3"
_REASONS = 3
_ALTERNATIVES = 3
_SHORTEST_REASON = 3


@dataclass(frozen=True)
class Alternative:
    """Another topic that it may be."""

    topic: str
    confidence: float


@dataclass(frozen=True)
class Verdict:
    """What an engine thinks of a message.

    Args:
        topic: key of a topic, or "spam".
        confidence: between 0 and 1, how often such a verdict is right.
        reasons: the words that decided, as written in the message, the weightiest first.
        alternatives: other topics, the likeliest first.
        engine: name of the engine that judged.
    """

    topic: str
    confidence: float
    reasons: tuple[str, ...]
    alternatives: tuple[Alternative, ...]
    engine: str


class Engine(t.Protocol):
    """Whatever can say what a message is about; has no side effects and never raises on text."""

    name: str

    def judge(self, subject: str, body: str, *, organisation: str = "") -> Verdict:
        """Say which topic a message has, how sure that is, and why."""
        ...


@dataclass(frozen=True)
class Balance:
    """How much each part counts in the score; fitted on messages that the model had not seen.

    The defaults hold where there are too few of them.
    """

    learnt: float = 2.5
    words: float = 3.3


class FastEngine:
    """Word lists of the catalogue and, beside them, what was learnt from examples.

    Args:
        topics: keys, in the order of all scores.
        lists: word list by topic; a topic may have none.
        ignored: names that say nothing about a message.
        learnt: None until there are examples of two topics.
        taught: topics of which there were examples; of the others only words are known.
        balance: weights of the two parts.
    """

    name = "fast"

    def __init__(
        self,
        topics: Sequence[str],
        lists: Mapping[str, WordList],
        *,
        ignored: Sequence[Phrase] = (),
        learnt: Learnt | None = None,
        taught: Sequence[str] = (),
        balance: Balance | None = None,
    ) -> None:
        self.topics = tuple(topics)
        self.lists = dict(lists)
        self.ignored = tuple(ignored)
        self.learnt = learnt
        self.taught = tuple(taught)
        self.balance = balance or Balance()
        self._prior = Prior(self.topics, self.lists, learnt.rarity if learnt else None)
        self._places = [self.topics.index(topic) for topic in self.taught]

    def judge(self, subject: str, body: str, *, organisation: str = "") -> Verdict:
        """Say which topic a message has, how sure that is, and why."""
        words = read(subject, body, organisation=organisation, ignored=self.ignored)
        if not words:
            topic = FALLBACK if FALLBACK in self.topics else self.topics[0]
            return Verdict(topic, 0.0, (), (), self.name)
        hits = self._prior.hits(words)
        weights = counts(words)
        shares = softmax(self._scores(weights, hits))
        order = sorted(range(len(shares)), key=lambda number: -shares[number])
        others = tuple(
            Alternative(self.topics[number], shares[number])
            for number in order[1 : 1 + _ALTERNATIVES]
        )
        reasons = self._reasons(words, weights, hits, shares, order[0])
        return Verdict(self.topics[order[0]], shares[order[0]], reasons, others, self.name)

    def _scores(self, weights: Mapping[str, float], hits: Sequence[Hit]) -> list[float]:
        scores = [self.balance.words * score for score in self._prior.scores(hits)]
        if self.learnt:
            learnt = self._learnt(self.learnt.scores(weights))
            scores = [
                by_words + by_examples for by_words, by_examples in zip(scores, learnt, strict=True)
            ]
        return scores

    def _learnt(self, scores: Sequence[float]) -> list[float]:
        """Put learnt scores in the order of all topics, around 0: untaught topics stay there."""
        middle = sum(scores) / len(scores)
        placed = [0.0] * len(self.topics)
        for place, score in zip(self._places, scores, strict=True):
            placed[place] = self.balance.learnt * (score - middle)
        return placed

    def _reasons(
        self,
        words: Sequence[Word],
        weights: Mapping[str, float],
        hits: Sequence[Hit],
        shares: Sequence[float],
        winner: int,
    ) -> tuple[str, ...]:
        """Return the words that lift the winner most above its rivals, each counted by weight."""
        rest = 1.0 - shares[winner]
        against = [share / rest if rest > 0 else 0.0 for share in shares]
        against[winner] = -1.0
        first: dict[str, str] = {}
        stems: dict[str, str] = {}
        for word in words:
            first.setdefault(word.stem, word.surface)
            stems[word.folded] = word.stem
        lift: dict[str, float] = {}
        if self.learnt:
            for folded, share in self.learnt.shares(weights).items():
                gain = -sum(map(float.__mul__, self._learnt(share), against))
                surface = first[stems[folded]]
                lift[surface] = lift.get(surface, 0.0) + gain
        slope = self.balance.words / (2.0 + self._prior.scores(hits)[winner])
        for hit in hits:
            gain = -slope * sum(map(float.__mul__, hit.weights, against))
            lift[hit.surface] = lift.get(hit.surface, 0.0) + gain
        named = sorted(
            (surface for surface, gain in lift.items() if gain > 0 and _tells(surface)),
            key=lambda surface: -lift[surface],
        )
        return tuple(named[:_REASONS])

    def to_bytes(self) -> bytes:
        """Return all that the engine is made of; `from_bytes` reads it. Executes nothing."""
        head: dict[str, t.Any] = {
            "topics": self.topics,
            "lists": {topic: asdict(words) for topic, words in self.lists.items()},
            "ignored": self.ignored,
            "taught": self.taught,
            "balance": asdict(self.balance),
        }
        packed = b""
        if self.learnt:
            head["learnt"] = {
                "bits": self.learnt.bits,
                "unit": self.learnt.unit,
                "rarest": self.learnt.rarest,
                "leanings": self.learnt.leanings,
            }
            packed = pack(self.learnt.table)
        header = json.dumps(head, ensure_ascii=False).encode()
        return _MAGIC + len(header).to_bytes(4, "little") + header + packed

    @classmethod
    def from_bytes(cls, blob: bytes) -> FastEngine:
        """Return the engine that `to_bytes` wrote.

        Raises:
            ValueError: when the bytes are not a model of this format.
        """
        if blob[:4] != _MAGIC:
            raise ValueError("not a model of this format")
        end = 8 + int.from_bytes(blob[4:8], "little")
        head = json.loads(blob[8:end])
        return cls(
            head["topics"],
            {
                topic: WordList(tuple(e["strong"]), tuple(e["words"]), e["description"])
                for topic, e in head["lists"].items()
            },
            ignored=[tuple(phrase) for phrase in head["ignored"]],
            learnt=Learnt(**head["learnt"], table=unpack(blob[end:])) if "learnt" in head else None,
            taught=head["taught"],
            balance=Balance(**head["balance"]),
        )


def softmax(scores: Sequence[float]) -> list[float]:
    """Return shares that add up to 1, in the order of the scores."""
    highest = max(scores)
    powers = [exp(score - highest) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def _tells(surface: str) -> bool:
    """Say whether a word can be shown as a reason: no filler, no number, not too short."""
    return (
        (len(surface) >= _SHORTEST_REASON or (surface.isupper() and len(surface) > 1))
        and any(as_word(part).folded not in FILLERS for part in surface.split())
        and any(letter.isalpha() for letter in surface)
    )
