"""From a message to the words that may decide: no quote, no signature, no names.

Pure Python on purpose: the web processes judge without numpy.
"""

from __future__ import annotations

import re
import typing as t
from collections import Counter
from functools import lru_cache
from math import log

from inquiries.platform.text import fold_word, split_reply, stem, surfaces, unpaired

if t.TYPE_CHECKING:
    from collections.abc import Iterable

_ADDRESS = re.compile(r"\S+@\S+|https?://\S+|www\.\S+")
_DIGIT = re.compile(r"\d")
_LONGEST_TEXT = 20_000
"""Characters that are read; what a long text is about stands before that."""
_SHORTEST_NOTE = 8
"""Words; a note above a forwarded mail that is shorter does not say what the mail is about."""
_LONGEST_NAME = 120


class Word(t.NamedTuple):
    """A word of a message: as written, folded (digits as 0), and its stem."""

    surface: str
    folded: str
    stem: str


FILLERS = frozenset(
    """
    aber alle allem allen aller alles als also am an andere anderen ans auch auf aus bei beim beste
    bin bis bitte da dabei dafuer dagegen daher damen damit danach danke dann daran darauf darf
    darueber das dass davon dazu dem den denen denn der deren des deshalb die dies diese diesem
    diesen dieser dieses doch dort du durch duerfen ein eine einem einen einer eines einfach er es
    etwa etwas euch euer fragen freundlich freundlichen fuer ganz geehrte geehrter gehoert gehoeren
    gern gerne gerade gibt gruesse gruessen gruss gut guten habe haben hallo hat hatte hatten herr
    herren heute hier ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im immer in ins ist ja jede jeder
    jetzt kann kein keine keinen koennen koennte koennten liebe lieber man mehr mein meine meinen
    menschen mich mir mit moechte moechten morgen muessen muss nach nicht nichts noch nun nur ob
    oder ohne per schon sehr sein seine seit selbst sich sie sind so soll sollen sollte sollten
    sonst sowie ueber um und uns unser unsere unserem unseren unserer viel viele vielen vom von vor
    waere wann war waren warum was weil welche welchen welcher wenn wer werden wie wieder wir wird
    wo wollen wuerde wuerden wurde wurden zu zum zur zwar zwischen tag frau bzw usw
    """.split()  # noqa: SIM905 - eight lines of prose read better than a list of 240 strings
)
"""Words that stand in every message, folded; they are never named as a reason."""

Phrase = tuple[str, ...]
"""Stems of words that stand beside each other."""


def read(
    subject: str, body: str, *, organisation: str = "", ignored: Iterable[Phrase] = ()
) -> list[Word]:
    """Return the words that may decide, in order.

    Left out: quote and signature, addresses of mail and web, the name of the sender's own
    organisation (a Quartiersbüro asks about everything), and the `ignored` phrases (the centre's
    own name, which is the name of the programme).
    """
    parts = split_reply(body[:_LONGEST_TEXT])
    text = parts.new
    if parts.quoted and len(text.split()) < _SHORTEST_NOTE:
        text = f"{text}\n{parts.quoted}"
    text = _ADDRESS.sub(" ", f"{subject[:_LONGEST_TEXT]}\n{text}")
    words = [as_word(surface) for surface in unpaired(surfaces(text))]
    phrases = [*ignored, *name_phrases(organisation)] if organisation else list(ignored)
    return _without(words, phrases) if phrases else words


def name_phrases(name: str) -> list[Phrase]:
    """Return the runs of two and more words of a name, the longest first, as stems."""
    stems = [as_word(surface).stem for surface in surfaces(name[:_LONGEST_NAME])]
    return [
        tuple(stems[start : start + length])
        for length in range(len(stems), 1, -1)
        for start in range(len(stems) - length + 1)
    ]


@lru_cache(maxsize=1 << 14)
def as_word(surface: str) -> Word:
    """Return the word of one written form."""
    folded = _DIGIT.sub("0", fold_word(surface))
    return Word(surface, folded, stem(folded))


def _without(words: list[Word], phrases: list[Phrase]) -> list[Word]:
    """Leave out every occurrence of the phrases, the earlier named ones first."""
    by_first: dict[str, list[Phrase]] = {}
    for phrase in phrases:
        by_first.setdefault(phrase[0], []).append(phrase)
    kept: list[Word] = []
    position = 0
    while position < len(words):
        for phrase in by_first.get(words[position].stem, ()):
            if tuple(word.stem for word in words[position : position + len(phrase)]) == phrase:
                position += len(phrase)
                break
        else:
            kept.append(words[position])
            position += 1
    return kept


def counts(words: Iterable[Word]) -> dict[str, float]:
    """Return how much each folded word counts in a message: 1 + log of how often it occurs."""
    return {word: 1.0 + log(n) for word, n in Counter(word.folded for word in words).items()}


def grams(word: str) -> dict[str, int]:
    """Return the runs of 3 to 5 characters of a folded word, its ends marked, with their number.

    They carry what words cannot: compounds, inflection and typing errors.
    """
    framed = f" {word} "
    return Counter(
        framed[start : start + length]
        for length in (3, 4, 5)
        for start in range(len(framed) - length + 1)
    )
