"""The classifier in its place: trained with the catalogue, asked by commands."""

from __future__ import annotations

import json
import typing as t
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from inquiries.classification import service
from inquiries.classification.models import ClassifierModel, TopicExample, TopicWord
from inquiries.platform.db import transaction

if t.TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask
    from sqlalchemy.orm import Session

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
QUESTION = "Der Jugendtreff braucht ein Schutzkonzept, und das Jugendamt drängt."
CONTRACT = {
    "engine",
    "n",
    "accuracy",
    "top2_accuracy",
    "macro_f1",
    "per_label",
    "confusion",
    "coverage",
    "expected_calibration_error",
    "train_seconds",
    "predict_per_second",
    "model_bytes",
}


def models(session: Session) -> int:
    return session.scalar(sa.select(sa.func.count(ClassifierModel.id))) or 0


def test_the_catalogue_brings_a_trained_model(session: Session) -> None:
    assert models(session) == 1
    verdict = service.judge(session, "Frage", QUESTION)
    assert verdict.topic == "jugendhilfe"
    assert verdict.confidence >= service.CONFIDENCE_TO_DECIDE
    assert "Jugendtreff" in verdict.reasons


def test_training_again_without_a_change_does_nothing(session: Session) -> None:
    with transaction(session):
        assert not service.train_from_catalogue(session, now=NOW).trained
    assert models(session) == 1


def test_a_new_word_counts_at_once(session: Session) -> None:
    with transaction(session):
        session.execute(sa.delete(TopicExample).where(TopicExample.id % 10 != 0))
        session.add(TopicWord(topic_key="beteiligung", word="Schnurzelpurz", strong=True))
        session.flush()
        assert service.train_from_catalogue(session, now=NOW).trained
    assert models(session) == 2
    assert service.judge(session, "", "Schnurzelpurz?").topic == "beteiligung"


@pytest.mark.parametrize("damage", ["none", "foreign"])
def test_inquiries_are_judged_by_words_where_no_model_can_be_read(
    session: Session, damage: str
) -> None:
    with transaction(session):
        if damage == "none":
            session.execute(sa.delete(ClassifierModel))
        else:
            changed = {"blob": b"of another version", "fingerprint": "other"}
            session.execute(sa.update(ClassifierModel).values(changed))
    verdict = service.judge(session, "Frage", QUESTION)
    assert verdict.topic == "jugendhilfe"
    assert verdict.reasons


def write(path: Path, rows: list[dict[str, str]]) -> str:
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return str(path)


def test_evaluate_prints_the_figures_and_names_wrong_lines(app: Flask, tmp_path: Path) -> None:
    rows = [{"text": QUESTION, "label": "jugendhilfe"}, {"text": "ohne Antwort"}]
    done = app.test_cli_runner().invoke(
        args=["classifier", "evaluate", write(tmp_path / "test.jsonl", rows)]
    )
    assert done.exit_code == 0
    figures = json.loads(done.stdout)
    assert set(figures) == CONTRACT
    assert (figures["n"], figures["accuracy"]) == (1, 1.0)
    assert figures["model_bytes"] > 10_000
    assert "line 2: 'label' is missing" in done.stderr


def test_evaluate_trains_afresh_on_a_file(app: Flask, tmp_path: Path) -> None:
    rows = [
        {"text": f"{text} {number}", "label": label}
        for label, text in {"sport": "Tor Ball Stürmer", "geld": "Börse Aktie Zins"}.items()
        for number in range(6)
    ]
    known = write(tmp_path / "train.jsonl", rows)
    unseen = [{"text": "Ein Tor im Pokal", "label": "sport"}]
    done = app.test_cli_runner().invoke(
        args=["classifier", "evaluate", write(tmp_path / "t.jsonl", unseen), "--train", known]
    )
    figures = json.loads(done.stdout)
    assert figures["accuracy"] == 1.0
    assert figures["train_seconds"] > 0


@pytest.mark.parametrize("content", ["", "{oops", '{"text": "x"}'])
def test_a_file_without_a_usable_line_is_refused(app: Flask, tmp_path: Path, content: str) -> None:
    path = tmp_path / "test.jsonl"
    path.write_text(content, encoding="utf-8")
    done = app.test_cli_runner().invoke(args=["classifier", "evaluate", str(path)])
    assert done.exit_code == 1
    assert "not one usable line" in done.stderr


def test_an_engine_that_is_not_there_is_not_replaced_silently(app: Flask, tmp_path: Path) -> None:
    path = write(tmp_path / "test.jsonl", [{"text": QUESTION, "label": "jugendhilfe"}])
    done = app.test_cli_runner().invoke(
        args=["classifier", "evaluate", path, "--engine", "careful"]
    )
    assert done.exit_code == 2
    assert "not installed" in done.stderr
    assert not done.stdout


@pytest.mark.parametrize("switch", [[], ["--json"]])
def test_explain_names_topic_and_reasons(app: Flask, switch: list[str]) -> None:
    done = app.test_cli_runner().invoke(args=["classifier", "explain", "--text", QUESTION, *switch])
    said = json.loads(done.stdout)
    assert said["topic"] == "jugendhilfe"
    assert 0 < said["confidence"] <= 1
    assert said["reasons"]
    assert {"topic", "confidence"} == set(said["alternatives"][0])
