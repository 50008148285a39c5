"""German text: spellings that must not matter, and what a mail says besides its quote."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inquiries.platform.text import (
    fold,
    query_words,
    search_words,
    split_reply,
    surfaces,
    unpaired,
)

MARKS = [":", "*", "_", "/", "-", "(", ")", " "]
LETTERS = ["ß", "ä", "A\u0308", "Ü", "ſ", "ﬁ", "İ", "\u00ad", "\x00", "ẞ", "t", "nen", "er"]
GENDERS = ["Bewohner", "in", "In", "innen", "Innen"]
PIECES = st.sampled_from([*GENDERS, *MARKS, *LETTERS])
ANY_TEXT = st.one_of(st.text(), st.lists(PIECES).map("".join))


@pytest.mark.parametrize(
    "form",
    [
        "Bewohner:innen",
        "Bewohner*innen",
        "Bewohner_innen",
        "Bewohner/innen",
        "Bewohner/-innen",
        "Bewohner(innen)",
        "BewohnerInnen",
        "Bewohnerinnen",
        "Bewohnerin",
        "BEWOHNER",
        "Bewohnerinnen und Bewohner",
        "Bewohner und Bewohnerinnen",
    ],
)
def test_every_gender_form_is_the_same_word(form: str) -> None:
    assert search_words(form) == search_words("Bewohner")


def test_gender_forms_inside_compounds_are_the_plain_compound() -> None:
    assert fold("Bewohner:innenbeteiligung") == fold("Bewohnerbeteiligung")
    assert fold("BewohnerInnenrat") == fold("Bewohnerrat")


def test_words_that_only_look_like_gender_forms_stay() -> None:
    for word in ["gewinnen", "beginnen", "erinnern", "berlin", "termin", "worin", "drinnen"]:
        assert fold(word) == word


@pytest.mark.parametrize("written", ["guetersloh", "Gütersloh", "GÜTERSLOH", "Gu\u0308tersloh"])
def test_umlauts_are_found_however_they_are_written(written: str) -> None:
    assert search_words(written) == search_words("Gütersloh")


def test_a_query_finds_hyphenated_words_and_their_parts() -> None:
    index = search_words("Unser Quartiers-Management plant").split()
    for query in ["Quartiersmanagement", "quartiers-management", "Management"]:
        assert set(query_words(query)) <= set(index)


def test_inflection_is_one_word_and_references_keep_their_digits() -> None:
    assert search_words("Beiräte") == search_words("Beirat")
    assert "00042" in search_words("ZSZ-2026-00042").split()


@given(ANY_TEXT)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(ANY_TEXT)
def test_decomposed_text_gives_the_same_words(text: str) -> None:
    assert search_words(unicodedata.normalize("NFD", text)) == search_words(
        unicodedata.normalize("NFC", text)
    )


@given(ANY_TEXT)
def test_no_text_is_too_strange(text: str) -> None:
    search_words(text)
    unpaired(surfaces(text))
    parts = split_reply(text)
    kept = "".join(f"{parts.new}{parts.quoted}{parts.signature}".split())
    assert sorted(kept) == sorted("".join(text.split()))


QUESTION = "Guten Tag,\n\nwie viele Leute gehören in den Beirat?\n"


@pytest.mark.parametrize(
    "quote",
    [
        "Am 12.03.2026 um 10:12 schrieb Judith Amrein <j@zentrum.example>:\n> Guten Tag\n> gern",
        "Am Do., 12. März 2026 um 10:12 Uhr schrieb Judith Amrein\n<j@zentrum.example>:\n> Gern",
        "Von: Judith Amrein\nGesendet: Montag, 9. März 2026\nAn: X\nBetreff: AW: Y\n\nGuten Tag",
        "-----Ursprüngliche Nachricht-----\nVon: Judith Amrein\nBetreff: Y\n\nGuten Tag",
        "________________________________\nVon: Judith Amrein\nDatum: 9.3.\n\nGuten Tag",
        "> Guten Tag,\n> gern helfen wir",
        "On Mon, Mar 9, 2026, Judith wrote:\n> Guten Tag",
    ],
)
def test_a_quote_is_not_what_was_written_now(quote: str) -> None:
    parts = split_reply(QUESTION + "\nViele Grüße\nErna Kolb\n\n" + quote)
    assert parts.new.startswith("Guten Tag,\n\nwie viele")
    assert parts.quoted == quote
    assert "Judith" not in parts.new
    assert parts.signature == "Erna Kolb"


def test_an_answer_below_or_between_the_quote_is_new() -> None:
    parts = split_reply("Am 1.2.2026 schrieb A:\n> Wann?\nIm Mai.\n> Wo?\nIm Stadtteilladen.\n")
    assert parts.new == "Im Mai.\nIm Stadtteilladen."
    assert "Wann?" in parts.quoted


@pytest.mark.parametrize(
    "farewell",
    ["Mit freundlichen Grüßen", "Viele Gruesse", "MfG", "Herzliche Grüße aus Hanau", "LG"],
)
def test_a_signature_is_cut_after_the_farewell(farewell: str) -> None:
    parts = split_reply(f"{QUESTION}\n{farewell}\nErna Kolb\nQuartiersbüro Nordend\nTel. 0")
    assert parts.signature == "Erna Kolb\nQuartiersbüro Nordend\nTel. 0"
    assert "Quartiersbüro" not in parts.new


def test_text_after_a_greeting_that_is_no_farewell_stays() -> None:
    text = "Viele Grüße vom Kollegen!\nEr fragt, ob der Beirat auch ohne Satzung arbeiten darf?"
    assert split_reply(text).new == text


def test_a_postscript_belongs_to_the_text() -> None:
    parts = split_reply(QUESTION + "\nViele Grüße\nErna Kolb\n\nPS: Wir haben keine Satzung.")
    assert "PS: Wir haben keine Satzung." in parts.new
    assert parts.signature == "Erna Kolb"


def test_text_made_to_be_slow_is_folded_at_once():
    """Each mark that goes uncovers another one: a round over everything for each of them."""
    made = "x" + ":i" * 8_000 + ":innen" + "nnen" * 8_000
    started = time.perf_counter()
    fold(made)
    assert time.perf_counter() - started < 2
