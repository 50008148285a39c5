"""Which earlier inquiries are like this one: the more and the rarer words they share, the more."""

from __future__ import annotations

import typing as t
from collections import Counter

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SHORTEST = 4
"""Letters of a stem that can tell something; shorter ones are articles and endings."""


def telling_words(words: Iterable[str], most: int) -> list[str]:
    """Return the words by which to look for similar texts, the longest first.

    German builds long words for special things, so length is a good sign of a rare word, and one
    that needs no counting. Numbers tell nothing.
    """
    candidates = {word for word in words if len(word) >= SHORTEST and word.isalpha()}
    return sorted(candidates, key=lambda word: (-len(word), word))[:most]


def most_similar(
    words: Iterable[str], others: Mapping[int, frozenset[str]], most: int
) -> list[int]:
    """Return the keys of the most similar others, best first; who shares no word is left out.

    A shared word counts the less, the more of the others have it. Whoever has less than half of
    what the best has is left out; among equals the newer (the higher key) comes first.
    """
    wanted = set(words)
    common = Counter(word for other in others.values() for word in other & wanted)
    weight = {
        key: sum(1 / common[word] for word in other & wanted) for key, other in others.items()
    }
    enough = max(weight.values(), default=0) / 2
    alike = (key for key in others if weight[key] and weight[key] >= enough)
    return sorted(alike, key=lambda key: (-weight[key], -key))[:most]
