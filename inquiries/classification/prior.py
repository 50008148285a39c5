"""What the catalogue's word lists say: usable from the first day, with no example at all."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from math import sqrt

from inquiries.classification.features import FILLERS, as_word
from inquiries.platform.text import surfaces

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from inquiries.classification.features import Word

STRONG = 2.0
WEAK = 1.0
DESCRIBED = 0.3
"""Weight of a strong word, another word of the list, and a word of the public description."""
RIGHT_PART = 0.8
LEFT_PART = 0.5
"""A match inside a compound counts less; its right part says what the thing is."""
_SHORTEST_PART = 5
_LONGEST_ABBREVIATION = 5
_LONGEST_PHRASE = 5
_CACHED_WORDS = 1 << 13


@dataclass(frozen=True)
class WordList:
    """The words of a topic as the catalogue names them, and its public name and description."""

    strong: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True)
class Hit:
    """A word of a message that speaks for topics."""

    surface: str
    weights: tuple[float, ...]


@dataclass
class _Index:
    stems: dict[str, dict[int, float]] = field(default_factory=dict)
    abbreviations: dict[str, dict[int, float]] = field(default_factory=dict)
    phrases: dict[tuple[str, ...], dict[int, float]] = field(default_factory=dict)
    starts: dict[str, set[int]] = field(default_factory=dict)


class Prior:
    """Weighs topics by the words of the catalogue, also inside compounds.

    Args:
        topics: keys in the order of the weights returned.
        lists: word list of each topic; topics without one get no weight.
        rarity: says of a folded word how rare it is in messages, from 0 to 1; a word that stands
            in many says less. None while there are no messages to know it from.
    """

    def __init__(
        self,
        topics: Sequence[str],
        lists: Mapping[str, WordList],
        rarity: Callable[[str], float] | None = None,
    ) -> None:
        self.topics = tuple(topics)
        self._rarity = rarity or _rare
        self._nothing = (0.0,) * len(self.topics)
        self._index = _Index()
        self._cache: dict[Word, tuple[float, ...] | None] = {}
        for number, topic in enumerate(self.topics):
            words = lists.get(topic, WordList())
            self._add_all(number, words.strong, STRONG)
            self._add_all(number, words.words, WEAK)
            described = [
                surface
                for surface in surfaces(words.description)
                if as_word(surface).folded not in FILLERS
            ]
            self._add_all(number, described, DESCRIBED)

    def _add_all(self, topic: int, entries: Iterable[str], weight: float) -> None:
        for entry in entries:
            parts = [as_word(surface) for surface in surfaces(entry)]
            if not parts:
                continue
            if len(parts) > 1:
                key = tuple(part.stem for part in parts[:_LONGEST_PHRASE])
                self._index.starts.setdefault(key[0], set()).add(len(key))
                place = self._index.phrases.setdefault(key, {})
            elif is_abbreviation(parts[0].surface):
                place = self._index.abbreviations.setdefault(parts[0].surface, {})
            else:
                place = self._index.stems.setdefault(parts[0].stem, {})
            place[topic] = max(place.get(topic, 0.0), weight)

    def hits(self, words: Sequence[Word]) -> list[Hit]:
        """Return every word and phrase that speaks for a topic, each once, in order."""
        found: dict[object, Hit] = {}
        for position, word in enumerate(words):
            for length in self._index.starts.get(word.stem, ()):
                run = words[position : position + length]
                key = tuple(other.stem for other in run)
                if key in self._index.phrases and key not in found:
                    surface = " ".join(other.surface for other in run)
                    found[key] = Hit(surface, self._spread(self._index.phrases[key], 1.0))
            weights = self._weights(word)
            if weights is not None and word.stem not in found:
                found[word.stem] = Hit(word.surface, weights)
        return list(found.values())

    def scores(self, hits: Iterable[Hit]) -> list[float]:
        """Return the weight of each topic; many small hints grow slower than one strong word."""
        totals = [0.0] * len(self.topics)
        for hit in hits:
            totals = [total + weight for total, weight in zip(totals, hit.weights, strict=True)]
        return [sqrt(1.0 + total) - 1.0 for total in totals]

    def _weights(self, word: Word) -> tuple[float, ...] | None:
        if word not in self._cache:
            if len(self._cache) >= _CACHED_WORDS:
                self._cache.clear()
            self._cache[word] = self._look_up(word)
        return self._cache[word]

    def _look_up(self, word: Word) -> tuple[float, ...] | None:
        if word.surface in self._index.abbreviations:
            return self._spread(self._index.abbreviations[word.surface], self._rarity(word.folded))
        if word.folded in FILLERS:
            return None
        if word.stem in self._index.stems:
            return self._spread(self._index.stems[word.stem], self._rarity(word.folded))
        right = self._part(word.stem[start:] for start in range(3, len(word.stem) - 4))
        left = self._part(word.folded[:end] for end in range(len(word.folded) - 3, 4, -1))
        if right is None and left is None:
            return None
        rarity = self._rarity(word.folded)
        return tuple(
            rarity * max(RIGHT_PART * a, LEFT_PART * b)
            for a, b in zip(right or self._nothing, left or self._nothing, strict=True)
        )

    def _part(self, candidates: Iterable[str]) -> tuple[float, ...] | None:
        """Return the weights of the longest catalogue word among parts, longest part first."""
        for part in candidates:
            if len(part) >= _SHORTEST_PART and part in self._index.stems:
                return self._spread(self._index.stems[part], 1.0)
        return None

    def _spread(self, found: Mapping[int, float], quality: float) -> tuple[float, ...]:
        """Return one weight per topic; a word of several topics counts less for each."""
        shared = quality / len(found)
        return tuple(found.get(number, 0.0) * shared for number in range(len(self.topics)))


def _rare(_word: str) -> float:
    """Take every word for a rare one: nothing is known of how common it is."""
    return 1.0


def is_abbreviation(entry: str) -> bool:
    """Say whether a word matches only in capitals: QM is the office, qm is an area."""
    return entry.isupper() and len(entry) <= _LONGEST_ABBREVIATION
