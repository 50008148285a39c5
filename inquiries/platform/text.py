"""German text: one spelling for words, what is new in a mail, words for the full-text index.

Pure and light: no database, no numpy. Everything that compares German words (search, similar
cases, classifier, names of municipalities) compares what `fold` makes of them, so that
"Güterstraße", "Gueterstrasse" and a decomposed "Güterstraße" are one word everywhere.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from snowballstemmer.german_stemmer import GermanStemmer

_STEMMER = GermanStemmer()
"""Named outright: the package's own choice would take another implementation where one happens to
be installed, and an index must be read with the stems that it was written with."""
_LONGEST_WORD = 60
"""Letters of a word that count; what is longer is no word (base64, a line of dashes)."""

_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "\u00ad": None})
_GENDER = r"(?:[:*_·•]|/-?|\()[Ii][Nn](?:[Nn][Ee][Nn])?\)?"
_CAMEL = re.compile(r"(?<=[a-zäöüß])In(?:nen|(?![^\W\d_]))")
_MARK = re.compile(
    r"(?<=\w)(?:[:*_·•]|/-?)(?:innen|in(?!\w))"
    r"|(?<=\w)\((?:innen|in)\)"
)
_INNER = re.compile(r"(?<=\w\w\wer)(?:innen)+")
_ENDING = re.compile(r"(?:(?<=\w\w\wer)|(?<=\w\w\w[gktz]))(?:innen|in)+(?!\w)")

# A word with its gender marks and hyphens inside: "Bewohner:innen-Rat", "Träger/-innen", "§16i".
_WORD = re.compile(rf"[^\W_]+(?:{_GENDER}[^\W_]*|[-‐‑][^\W_]+)*")
_HYPHEN = re.compile(r"[-‐‑]")
_ROUNDS = 8
"""How often marks are taken out that only stand there since others were: text can be made so that
each round uncovers one more, and thousands of rounds over a long text would take minutes."""
_PAIRED_BY = frozenset({"und", "oder", "bzw"})


def fold(text: str) -> str:
    """Bring a text into the one spelling in which words are compared.

    Compatibility forms and decomposed letters are composed (NFKC), capitals go, ä becomes ae and
    ß ss, and gender forms become the plain word: Bewohner:innen, Bewohner*innen, Bewohner_innen,
    BewohnerInnen, Bewohner/-innen, Bewohner(innen) and Bewohnerinnen are all "bewohner", inside a
    compound too. Idempotent; never raises.
    """
    text = _CAMEL.sub("", unicodedata.normalize("NFKC", text))
    text = unicodedata.normalize("NFKC", text.casefold()).translate(_GERMAN)
    for _ in range(_ROUNDS):
        before = text
        text = _ENDING.sub("", _INNER.sub("", _MARK.sub("", text)))
        text = unicodedata.normalize("NFKC", text.casefold()).translate(_GERMAN)
        if text == before:
            break
    return text


def surfaces(text: str) -> list[str]:
    """Return the words of a text as they are written, in order, gender forms unbroken."""
    return _WORD.findall(unicodedata.normalize("NFKC", text))


@lru_cache(maxsize=1 << 15)
def fold_word(surface: str) -> str:
    """Return one written word folded, its hyphens closed: Quartiers-Management, one word."""
    return _HYPHEN.sub("", fold(surface))[:_LONGEST_WORD]


@lru_cache(maxsize=1 << 15)
def stem(word: str) -> str:
    """Return the Snowball stem of a folded word; words with digits stay as they are."""
    return str(_STEMMER.stemWord(word)) if word.isalpha() else word


@lru_cache(maxsize=1 << 14)
def _index_forms(surface: str) -> tuple[str, ...]:
    """Return what the index keeps of a written word: its stem, and those of hyphenated parts."""
    forms = [stem(fold_word(surface))]
    parts = _HYPHEN.split(fold(surface))
    if len(parts) > 1:
        forms += [stem(part[:_LONGEST_WORD]) for part in parts]
    return tuple(form for form in forms if form)


def search_words(text: str) -> str:
    """Return the words of a text for the full-text index: folded stems, separated by blanks.

    A hyphenated word is kept whole and in parts, so that "Quartiersmanagement" and "Management"
    both find "Quartiers-Management". Paired forms (Bewohnerinnen und Bewohner) count once.
    """
    return " ".join(form for surface in unpaired(surfaces(text)) for form in _index_forms(surface))


def query_words(text: str) -> list[str]:
    """Return the words to look for, in the spelling of `search_words`; hyphenated words whole."""
    return [form for surface in surfaces(text) if (form := stem(fold_word(surface)))]


def unpaired(words: list[str]) -> list[str]:
    """Leave out the second of a pair of one word: Bewohnerinnen und Bewohner, Träger/Trägerin."""
    kept: list[str] = []
    for position, word in enumerate(words):
        if (
            position > 1
            and words[position - 1].lower() in _PAIRED_BY
            and stem(fold_word(words[position - 2])) == stem(fold_word(word))
        ):
            kept.pop()
            continue
        kept.append(word)
    return kept


@dataclass(frozen=True)
class Parts:
    """A plain text taken apart. Nothing is lost: every line is in one of the three."""

    new: str
    quoted: str
    signature: str


_WROTE = re.compile(
    r"^(?:Am\b.{4,200}\bschrieb\b.{0,120}:|On\b.{4,200}\bwrote:|.{3,120}\bschrieb am\b.{4,80}:"
    r"|.{3,120}\bhat am\b.{4,80}\bgeschrieben:|Le\b.{4,120}\ba écrit\s?:)\s*$",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"^\W*(?:-{2,}|_{5,}|\*{3,}|={5,})?\s*(?:Urspr(?:ü|ue)ngliche (?:Nachricht|Mail|E-Mail)"
    r"|Original(?: Message|nachricht|-Nachricht)|Weitergeleitete (?:Nachricht|E-?Mail|Mail)"
    r"|Forwarded message|Anfang der weitergeleiteten (?:Nachricht|E-?Mail)|Begin forwarded message"
    r")\s*:?\s*(?:-{2,}|_{5,}|\*{3,}|={5,})?\s*$",
    re.IGNORECASE,
)
_SENDER_LINE = re.compile(r"^\W{0,3}(?:Von|From|Absender)\W{0,3}:\s?\S", re.IGNORECASE)
_OTHER_HEADER = re.compile(
    r"^\W{0,3}(?:Gesendet|Datum|Sent|Date|An|To|Betreff|Subject)\W{0,3}:", re.IGNORECASE
)
_RULE = re.compile(r"^\s*[_\-=*]{5,}\s*$")
_FAREWELL = re.compile(
    r"^\W*(?:(?:mit|viele|vielen|liebe|lieben|beste|besten|freundliche|freundlichen|herzliche"
    r"|herzlichen|sch(?:ö|oe)ne|kollegiale|kollegialen|sonnige"
    r"|solidarische|einen?|danke? und)\b.{0,50})?"
    r"\b(?:gr(?:ü|ue)(?:ß|ss)(?:en?|le)?|gru(?:ß|ss)|mfg|vg|lg|hg|hochachtungsvoll|regards)"
    r"\b.{0,45}$",
    re.IGNORECASE,
)
_POSTSCRIPT = re.compile(r"^\s*P\.?\s?S\.?\s?[:.\-–]?\s", re.IGNORECASE)
_SIGNATURE_MARK = re.compile(r"^--\s*$")
_LONGEST_SIGNATURE_LINES = 30
_LONGEST_SIGNATURE_LINE = 90
_DISCLAIMER = re.compile(
    r"vertraulich|confidential|irrt(?:ü|ue)mlich|datenschutz|vor dem ausdruck|this e-?mail",
    re.IGNORECASE,
)


def split_reply(text: str) -> Parts:
    """Take a plain text apart into what was written now, what is quoted, and the signature.

    Where it is not sure, text counts as new: an advisor can skip a quote, but not read a question
    that was cut. A text below its quote, or between quoted lines, is new.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    start = _quote_start(lines)
    above, below = lines[:start], lines[start:]
    marked = [line.lstrip().startswith(">") for line in below]
    quoted = below
    answered: list[str] = []
    if any(marked):
        last_of_head = marked.index(True)
        quoted = [
            line
            for position, line in enumerate(below)
            if marked[position] or position < last_of_head
        ]
        answered = [
            line
            for position, line in enumerate(below)
            if not marked[position] and position >= last_of_head
        ]
    new, signature = _cut_signature(above + answered)
    return Parts(new.strip(), "\n".join(quoted).strip(), signature.strip())


def _quote_start(lines: list[str]) -> int:
    """Return the number of the line at which quoting begins; the number of lines if none."""
    for number, line in enumerate(lines):
        if line.lstrip().startswith(">") or _ORIGINAL.match(line[:200]):
            return number
        head = line[:300].strip()
        following = lines[number + 1].strip()[:200] if number + 1 < len(lines) else ""
        if _WROTE.match(head):
            return number
        if head[:3] in {"Am ", "On "} and following and _WROTE.match(f"{head} {following}"):
            return number
        if _SENDER_LINE.match(head) and any(
            _OTHER_HEADER.match(other[:200]) for other in lines[number + 1 : number + 4]
        ):
            return number - 1 if number and _RULE.match(lines[number - 1][:200]) else number
    return len(lines)


def _cut_signature(lines: list[str]) -> tuple[str, str]:
    """Return text and signature: what follows a farewell or the mark `-- `, if it looks so."""
    for number, line in enumerate(lines):
        if _SIGNATURE_MARK.match(line[:8]):
            return _without_postscript(lines, number)
        if len(line) <= _LONGEST_SIGNATURE_LINE and _FAREWELL.match(line.strip()):
            rest = [other for other in lines[number + 1 :] if other.strip()]
            if _looks_like_signature(rest):
                return _without_postscript(lines, number + 1)
    return "\n".join(lines), ""


def _looks_like_signature(lines: list[str]) -> bool:
    """Say whether the lines after a farewell are name, post and disclaimer and not more text."""
    if len(lines) > _LONGEST_SIGNATURE_LINES:
        return any(_DISCLAIMER.search(line) for line in lines)
    for line in lines:
        if _DISCLAIMER.search(line) or _POSTSCRIPT.match(line):
            return True
        if len(line) > _LONGEST_SIGNATURE_LINE or line.rstrip().endswith("?"):
            return False
    return True


def _without_postscript(lines: list[str], start: int) -> tuple[str, str]:
    """Split at the line `start`, but give a postscript back to the text."""
    text, signature = lines[:start], lines[start:]
    for number, line in enumerate(signature):
        if _POSTSCRIPT.match(line):
            end = number + 1
            while end < len(signature) and signature[end].strip():
                end += 1
            text = [*text, "", *signature[number:end]]
            signature = signature[:number] + signature[end:]
            break
    return "\n".join(text), "\n".join(signature)
