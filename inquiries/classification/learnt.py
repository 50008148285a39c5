"""What was learnt from examples, as a table of whole numbers that plain Python can add up.

The model is linear, and a message is the sum of its words; so each word is looked up once, its
sums are remembered, and judging a message costs a few additions a word. No numpy is needed, and
nothing personal can be read from the table: it knows hashes, not words.
"""

from __future__ import annotations

import sys
import typing as t
import zlib
from array import array
from math import sqrt
from operator import mul

from inquiries.classification.features import grams
from inquiries.platform.text import stem

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

IDF_UNIT = 2000
"""Whole numbers that stand for an inverse document frequency of 1 in the table."""
LARGEST = 32_767
WORDS_BESIDE_GRAMS = 0.5
"""Weight of whole words (their stems) beside their runs of characters."""
WORDS_BEFORE = 12
GRAMS_OF_A_WORD = 20
_CACHED_WORDS = 1 << 13


def row_of(feature: str, bits: int) -> int:
    """Return the row of the table in which a feature lives; some share one."""
    return zlib.crc32(feature.encode("utf-8", "surrogatepass")) & ((1 << bits) - 1)


def rows_of_word(word: str, bits: int) -> tuple[list[tuple[int, int]], int]:
    """Return rows and counts of a word's runs of characters, and the row of its stem."""
    return [(row_of(g, bits), n) for g, n in grams(word).items()], row_of(f"={stem(word)}", bits)


def least_squares(rarest: float) -> tuple[float, float]:
    """Return the squared length that a message has before its first word: of grams, of stems.

    It is that of some middling words. Without it three words would speak as loud as a hundred,
    and "please call me" would be judged with certainty.
    """
    middling = (rarest / 2) ** 2
    return WORDS_BEFORE * GRAMS_OF_A_WORD * middling, WORDS_BEFORE * middling


class _Weight(t.NamedTuple):
    """Sums of one word: length and scores of its characters, length and scores of its stem."""

    square: float
    scores: tuple[int, ...]
    stem_square: float
    stem_scores: tuple[int, ...]


class Learnt:
    """Weights of features by topic.

    Args:
        bits: the table has 2 ** bits rows.
        unit: what 1 in the table stands for.
        rarest: inverse document frequency of what was never seen.
        leanings: score that each topic has by itself, if the message says anything.
        table: per row the inverse document frequency in IDF_UNIT and one weight per topic, already
            multiplied by it. A row never seen has a frequency too: unknown words make a message
            longer and so its score, and the confidence, smaller.
    """

    def __init__(
        self,
        *,
        bits: int,
        unit: float,
        rarest: float,
        leanings: Sequence[float],
        table: array[int],
    ) -> None:
        self.bits = bits
        self.unit = unit
        self.rarest = rarest
        self.leanings = tuple(leanings)
        self.table = table
        self._cache: dict[str, _Weight] = {}

    def scores(self, counts: Mapping[str, float]) -> list[float]:
        """Return the score of each topic for words with their counts."""
        factor, stem_factor, said = self._factors(counts)
        totals = [leaning * said for leaning in self.leanings]
        for word, count in counts.items():
            weight = self._weight(word)
            by_grams, by_stem = count * factor, count * stem_factor
            totals = [
                total + by_grams * a + by_stem * b
                for total, a, b in zip(totals, weight.scores, weight.stem_scores, strict=True)
            ]
        return totals

    def shares(self, counts: Mapping[str, float]) -> dict[str, list[float]]:
        """Return what each word contributes to the scores."""
        factor, stem_factor, _ = self._factors(counts)
        shares: dict[str, list[float]] = {}
        for word, count in counts.items():
            weight = self._weight(word)
            shares[word] = [
                count * (factor * a + stem_factor * b)
                for a, b in zip(weight.scores, weight.stem_scores, strict=True)
            ]
        return shares

    def rarity(self, word: str) -> float:
        """Return from 0 (in every example) to 1 (in none) how rare a folded word is."""
        width = len(self.leanings) + 1
        frequency = self.table[row_of(f"={stem(word)}", self.bits) * width] / IDF_UNIT
        return (frequency - 1.0) / (self.rarest - 1.0)

    def _factors(self, counts: Mapping[str, float]) -> tuple[float, float, float]:
        """Return what brings the two blocks of a message to length 1, and how much it says."""
        least, stem_square = least_squares(self.rarest)
        square = least
        for word, count in counts.items():
            weight = self._weight(word)
            square += count * count * weight.square
            stem_square += count * count * weight.stem_square
        return (
            self.unit / sqrt(square),
            self.unit * WORDS_BESIDE_GRAMS / sqrt(stem_square),
            1.0 - least / square,
        )

    def _weight(self, word: str) -> _Weight:
        found = self._cache.get(word)
        if found is None:
            if len(self._cache) >= _CACHED_WORDS:
                self._cache.clear()
            found = self._cache[word] = self._add_up(word)
        return found

    def _add_up(self, word: str) -> _Weight:
        width = len(self.leanings) + 1
        rows, stem_row = rows_of_word(word, self.bits)
        table = self.table
        found: list[Sequence[int]] = []
        for row, count in rows:
            values: Sequence[int] = table[row * width : row * width + width]
            found.append(values if count == 1 else [count * value for value in values])
        columns = zip(*found, strict=True)
        square = sum(map(mul, frequencies := next(columns), frequencies))
        stem_values = table[stem_row * width : stem_row * width + width]
        return _Weight(
            square / IDF_UNIT**2,
            tuple(map(sum, columns)),
            (stem_values[0] / IDF_UNIT) ** 2,
            tuple(stem_values[1:]),
        )


def pack(table: array[int]) -> bytes:
    """Return the table compressed, low byte first on every machine."""
    if sys.byteorder == "big":
        table = array("h", table)
        table.byteswap()
    return zlib.compress(table.tobytes(), 6)


def unpack(packed: bytes) -> array[int]:
    """Return the table of `pack`."""
    table = array("h")
    table.frombytes(zlib.decompress(packed))
    if sys.byteorder == "big":
        table.byteswap()
    return table
