"""What is it about? Words, examples, and saying so when it is not sure."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
import typing as t
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inquiries.classification import training
from inquiries.classification.engine import FastEngine, Verdict
from inquiries.classification.evaluation import evaluate
from inquiries.classification.examples import Example, from_text, read_lines
from inquiries.classification.features import name_phrases, read
from inquiries.classification.prior import Prior, WordList

HOME = Path(__file__).resolve().parent.parent.parent
CATALOGUE = HOME / "catalogues" / "zentrum-sozialer-zusammenhalt.toml"
DECIDES = 0.7
IGNORED = name_phrases("Zentrum Sozialer Zusammenhalt")


def word_lists() -> dict[str, WordList]:
    catalogue = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))
    entries = [*catalogue["topics"], {"key": "spam", **catalogue["spam"]}]
    return {
        entry["key"]: WordList(
            tuple(entry["strong"]), tuple(entry["words"]), entry.get("description", "")
        )
        for entry in entries
    }


def examples() -> list[Example]:
    return [
        from_text(entry["text"], path.stem)
        for path in sorted((CATALOGUE.parent / "examples").glob("*.toml"))
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["examples"]
    ]


def samples() -> list[Example]:
    lines = (CATALOGUE.parent / "examples" / "samples.jsonl").read_bytes().splitlines()
    return read_lines(lines)[0]


LISTS = word_lists()
WORDS_ALONE = training.train([], LISTS, topics=tuple(LISTS), ignored=IGNORED)


@pytest.fixture(scope="module")
def trained() -> FastEngine:
    return training.train(examples(), LISTS, topics=tuple(LISTS), ignored=IGNORED)


QUESTIONS = [
    ("Wie wählen wir einen Stadtteilbeirat, in dem auch junge Leute mitreden?", "beteiligung"),
    ("Haben Sie ein Leistungsverzeichnis, mit dem wir das QM neu vergeben?", "quartiersmanagement"),
    ("Wer unterschreibt den Folgeantrag im GWA-Landesprogramm?", "gemeinwesenarbeit"),
    ("Der Jugendtreff braucht ein Schutzkonzept, das Jugendamt drängt.", "jugendhilfe"),
    (
        "Das Jobcenter will die Arbeitsgelegenheiten in der Werkstatt nicht verlängern.",
        "beschaeftigung",
    ),
    ("Verlangt die WIBank für den Mittelabruf schon die Schlussrechnung?", "foerderung"),
    ("Ich schreibe meine Masterarbeit und bitte um ein Interview.", "sonstiges"),
    ("Klicken Sie hier: mehr Backlinks, besseres Google-Ranking, 50 % Rabatt!", "spam"),
]


@pytest.mark.parametrize(("question", "topic"), QUESTIONS)
def test_a_catalogue_of_words_alone_is_enough_to_start(question: str, topic: str) -> None:
    assert WORDS_ALONE.judge("", question).topic == topic


@pytest.mark.parametrize(("question", "topic"), QUESTIONS)
def test_an_engine_with_examples_still_knows_the_words(
    trained: FastEngine, question: str, topic: str
) -> None:
    assert trained.judge("", question).topic == topic


PLAIN = "Bürgerbeteiligung für Bewohner: Wie können wir Flüchtlinge und Ältere einladen?"


@pytest.mark.parametrize(
    "spelling",
    [
        PLAIN.replace("ü", "ue").replace("Ä", "Ae").replace("ö", "oe"),
        PLAIN.upper(),
        PLAIN.lower(),
        PLAIN.replace("Bürger", "Bürger:innen").replace("Bewohner", "Bewohner:innen"),
        PLAIN.replace("Bürger", "Bürger*innen").replace("Bewohner", "Bewohner/-innen"),
        PLAIN.replace("Bürger", "BürgerInnen").replace("Bewohner", "Bewohnerinnen und Bewohner"),
        unicodedata.normalize("NFD", PLAIN),
    ],
)
def test_spelling_changes_nothing(trained: FastEngine, spelling: str) -> None:
    assert spelling != PLAIN
    for engine in (trained, WORDS_ALONE):
        one, other = engine.judge("", PLAIN), engine.judge("", spelling)
        assert other.topic == one.topic
        assert other.confidence == pytest.approx(one.confidence)


def test_words_are_found_inside_compounds() -> None:
    prior = Prior(("a", "b"), {"a": WordList(strong=("Beteiligung",)), "b": WordList()})
    whole, right, left = (
        prior.scores(prior.hits(read("", text)))[0]
        for text in ("Beteiligung", "Mieterbeteiligung", "Beteiligungskultur")
    )
    assert whole > right > left > 0


def test_an_abbreviation_counts_only_as_a_word_in_capitals() -> None:
    prior = Prior(("a",), {"a": WordList(strong=("QM", "AGH"))})
    assert prior.hits(read("", "Das QM ruft an"))
    assert not prior.hits(read("", "120 qm Fläche und ein Baghwan"))


def test_the_signature_does_not_decide(trained: FastEngine) -> None:
    question = "Wie viele Stimmen braucht der Stadtteilbeirat für einen Beschluss?"
    signature = "\n\nMit freundlichen Grüßen\nErna Kolb\nQuartiersmanagement Nordend\nQuartiersbüro"
    assert trained.judge("", question + signature) == trained.judge(
        "", question + "\n\nMit freundlichen Grüßen"
    )


def test_a_quote_does_not_decide(trained: FastEngine) -> None:
    question = "Wie viele Stimmen braucht der Stadtteilbeirat für einen gültigen Beschluss?"
    quote = "\n\nAm 3.3.2026 um 9:00 schrieb Jobcenter Gießen:\n> Arbeitsgelegenheiten nach § 16d"
    assert trained.judge("", question + quote) == trained.judge("", question)


def test_a_short_note_above_a_forwarded_mail_leaves_the_word_to_that_mail() -> None:
    forwarded = "zK\n\n-----Ursprüngliche Nachricht-----\nVon: X\nBetreff: Y\n\nDer Jugendtreff …"
    assert WORDS_ALONE.judge("", forwarded).topic == "jugendhilfe"


def test_the_senders_organisation_does_not_decide() -> None:
    text = "Wir vom Jobcenter Werkstatt Hanau fragen: Wie wählt man einen Stadtteilbeirat?"
    verdict = WORDS_ALONE.judge("", text, organisation="Jobcenter Werkstatt Hanau")
    assert verdict.topic == "beteiligung"
    assert not {"Jobcenter", "Werkstatt"} & set(verdict.reasons)


def test_the_programmes_name_says_nothing() -> None:
    text = "Wir sind im Programm Sozialer Zusammenhalt."
    assert "Zusammenhalt" not in WORDS_ALONE.judge("", text).reasons


@pytest.mark.parametrize("text", ["", "!!! ???", "Hallo", "Bitte um Rückruf", "Wie geht das?"])
def test_nothing_is_guessed_where_nothing_was_said(trained: FastEngine, text: str) -> None:
    for engine in (trained, WORDS_ALONE):
        assert engine.judge("", text).confidence < DECIDES


def test_reasons_stand_in_the_text_and_are_no_fillers(trained: FastEngine) -> None:
    for example in samples():
        text = unicodedata.normalize("NFKC", f"{example.subject} {example.body}")
        verdict = trained.judge(example.subject, example.body)
        assert len(verdict.reasons) <= 3
        for reason in verdict.reasons:
            assert all(word in text for word in reason.split())
            assert reason.lower() not in {"und", "wir", "nicht", "sie", "für"}


def test_reasons_really_decide(trained: FastEngine) -> None:
    sure = [
        (example, verdict)
        for example in samples()
        if (verdict := trained.judge(example.subject, example.body)).confidence < 0.95
    ]
    weaker = 0
    for example, verdict in sure:
        subject, body = example.subject, example.body
        for word in " ".join(verdict.reasons).split():
            subject, body = subject.replace(word, "…"), body.replace(word, "…")
        without = trained.judge(subject, body)
        kept = without.confidence if without.topic == verdict.topic else 0.0
        weaker += kept < verdict.confidence
    assert weaker > 0.95 * len(sure)


def check_sound(verdict: Verdict) -> None:
    confidences = [verdict.confidence, *(other.confidence for other in verdict.alternatives)]
    assert all(0 <= confidence <= 1 for confidence in confidences)
    assert sum(confidences) <= 1 + 1e-9
    assert confidences == sorted(confidences, reverse=True)
    assert verdict.topic in LISTS
    assert verdict.topic not in {other.topic for other in verdict.alternatives}


@given(st.text(), st.text(), st.text())
def test_no_text_is_too_strange(subject: str, body: str, organisation: str) -> None:
    check_sound(WORDS_ALONE.judge(subject, body, organisation=organisation))


def test_strange_texts_do_not_disturb_a_trained_engine(trained: FastEngine) -> None:
    for text in ("\x00", "\ud800", "x" * 1_000_000, "> " * 50_000, "ä\u0308" * 9, "GWA " * 9999):
        check_sound(trained.judge(text, text, organisation=text))


def test_what_is_stored_judges_the_same(trained: FastEngine) -> None:
    for engine in (trained, WORDS_ALONE):
        again = FastEngine.from_bytes(engine.to_bytes())
        for question, _ in QUESTIONS:
            assert again.judge("", question) == engine.judge("", question)


@pytest.mark.parametrize("blob", [b"", b"PK\x03\x04", b"AWM0xxxxxxxx"])
def test_foreign_bytes_are_no_model(blob: bytes) -> None:
    with pytest.raises(ValueError, match="not a model"):
        FastEngine.from_bytes(blob)


def test_a_model_keeps_no_readable_word_of_an_example(trained: FastEngine) -> None:
    secret = Example("Frau Xylanderowski", "Frau Xylanderowski aus dem Haus 7 fragt.", "sonstiges")
    engine = training.train([*examples()[:80], secret], LISTS, topics=tuple(LISTS))
    assert b"ylanderowski" not in engine.to_bytes()


def test_training_twice_gives_the_same_model() -> None:
    some = examples()[::5]
    first, second = (training.train(some, LISTS, topics=tuple(LISTS)) for _ in range(2))
    assert first.to_bytes() == second.to_bytes()


def test_a_topic_without_examples_lives_from_its_words() -> None:
    known = [example for example in examples() if example.topic != "jugendhilfe"]
    engine = training.train(known, LISTS, topics=tuple(LISTS))
    assert engine.judge("", QUESTIONS[3][0]).topic == "jugendhilfe"


def test_foreign_labels_are_learnt_from_examples_alone() -> None:
    texts = {"sport": "Tor Ball Stürmer Pokal", "geld": "Börse Aktie Zins Anleihe"}
    rows = [Example("", f"{text} {n}", label) for label, text in texts.items() for n in range(5)]
    engine = training.train(rows, LISTS)
    assert engine.topics == ("geld", "sport")
    assert engine.judge("", "Der Stürmer traf im Pokal.").topic == "sport"


@pytest.mark.parametrize("rows", [[], [Example("", "nur eins", "beteiligung")]])
def test_one_label_or_none_is_no_reason_to_stop(rows: list[Example]) -> None:
    engine = training.train(rows, LISTS, topics=tuple(LISTS))
    assert engine.judge("", QUESTIONS[0][0]).topic == "beteiligung"


def test_examples_lift_the_engine_above_its_words(trained: FastEngine) -> None:
    rows = samples()
    words = evaluate(WORDS_ALONE, rows, train_seconds=0, model_bytes=0)
    both = evaluate(trained, rows, train_seconds=0, model_bytes=0)
    assert words["accuracy"] > 0.65
    assert both["accuracy"] > 0.74
    assert both["top2_accuracy"] > both["accuracy"]
    assert both["expected_calibration_error"] < 0.15


def test_what_it_decides_alone_is_nearly_always_right(trained: FastEngine) -> None:
    verdicts = [(trained.judge(row.subject, row.body), row.topic) for row in samples()]
    decided = [
        verdict.topic == topic for verdict, topic in verdicts if verdict.confidence > DECIDES
    ]
    assert len(decided) > len(verdicts) / 2
    assert sum(decided) / len(decided) > 0.85


def test_figures_are_those_of_the_contract() -> None:
    rows = [Example("", question, topic) for question, topic in QUESTIONS]
    figures = evaluate(WORDS_ALONE, rows, train_seconds=1.5, model_bytes=7)
    assert figures["engine"] == "fast"
    assert figures["n"] == len(QUESTIONS)
    assert figures["accuracy"] == figures["top2_accuracy"] == figures["macro_f1"] == 1
    assert figures["per_label"]["spam"] == {"n": 1, "precision": 1, "recall": 1, "f1": 1}
    assert figures["confusion"]["foerderung"] == {"foerderung": 1}
    assert figures["coverage"][-1]["coverage"] == 1
    assert figures["coverage"][-1]["threshold"] <= figures["coverage"][0]["threshold"]
    assert 0 <= figures["expected_calibration_error"] <= 1
    assert (figures["train_seconds"], figures["model_bytes"]) == (1.5, 7)
    assert figures["predict_per_second"] > 0
    json.dumps(figures)


def test_wrong_lines_are_named_and_the_others_read() -> None:
    lines = [
        b'\xef\xbb\xbf{"text": "Betreff\\n\\nText", "label": "a"}',
        b'{"subject": "S", "body": "B", "topic": "b"}',
        b"",
        b"{oops",
        b'["text"]',
        b'{"text": 7, "label": "a"}',
        b'{"subject": "S", "topic": "b"}',
        b'{"text": "x", "label": " "}',
        b'{"text": "\xff", "label": "a"}',
        b"[" * 100_000,
    ]
    found, wrong = read_lines(lines)
    assert found == [Example("Betreff", "Text", "a"), Example("S", "B", "b")]
    assert [line.number for line in wrong] == [4, 5, 6, 7, 8, 9, 10]
    assert "'body' is missing" in wrong[3].reason


def test_judging_needs_no_numpy_in_the_web_processes() -> None:
    program = (
        "import sys, inquiries.classification.service\n"
        "print(sorted({'numpy', 'scipy', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=HOME, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


if t.TYPE_CHECKING:
    from inquiries.classification.engine import Engine

    _fits: Engine = WORDS_ALONE
