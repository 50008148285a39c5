"""Commands of the classifier: how good is it, and why does it say so?

Standard output is JSON and nothing else; what a person wants to read goes to standard error.
"""

from __future__ import annotations

import json
import time
import typing as t
from pathlib import Path

import click
from flask.cli import AppGroup

from inquiries.classification import service
from inquiries.classification.engine import FastEngine
from inquiries.classification.evaluation import evaluate
from inquiries.classification.examples import from_text, read_lines
from inquiries.platform.web import db

if t.TYPE_CHECKING:
    from flask import Flask

    from inquiries.classification.examples import Example

group = AppGroup("classifier", help="What is an inquiry about? Figures and reasons.")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
SHOWN_LINES = 20


def install(app: Flask) -> None:
    """Add the commands to the application's command line."""
    app.cli.add_command(group)


@group.command("evaluate")
@click.argument("test", type=FILE)
@click.option("--train", "train_file", type=FILE, help="Train afresh on this file alone.")
@click.option("--engine", "name", type=click.Choice(["fast", "careful"]), default="fast")
@click.option("--json", "quiet", is_flag=True, help="JSON only, no table for people.")
def evaluate_command(test: Path, train_file: Path | None, name: str, *, quiet: bool) -> None:
    """Measure the classifier on TEST: JSON lines {"text", "label"} or {"subject", "body", "topic"}.

    Without --train the current model is measured.
    """
    if name == "careful":
        raise click.UsageError("The engine 'careful' is not installed; 'fast' is.")
    examples = _read(test)
    start = time.perf_counter()
    if train_file:
        learnt_from = _read(train_file)
        start = time.perf_counter()
        knowledge = service.read_catalogue(db.session)
        engine: service.Engine = service.train(learnt_from, knowledge, topics=())
        seconds = time.perf_counter() - start
    else:
        engine = service.current_engine(db.session)
        seconds = 0.0
    size = len(engine.to_bytes()) if isinstance(engine, FastEngine) else 0
    figures = evaluate(engine, examples, train_seconds=seconds, model_bytes=size)
    click.echo(json.dumps(figures, ensure_ascii=False, indent=2))
    if not quiet:
        _show(figures)


@group.command("explain")
@click.option("--text", required=True, help="The message; its first paragraph is the subject.")
@click.option("--json", "_quiet", is_flag=True, help="Accepted everywhere; JSON it is anyway.")
def explain_command(text: str, *, _quiet: bool) -> None:
    """Say which topic a text has, how sure that is, and which words decided."""
    message = from_text(text, "")
    verdict = service.judge(db.session, message.subject, message.body)
    click.echo(
        json.dumps(
            {
                "topic": verdict.topic,
                "confidence": verdict.confidence,
                "reasons": verdict.reasons,
                "alternatives": [vars(other) for other in verdict.alternatives],
                "decided": verdict.confidence >= service.CONFIDENCE_TO_DECIDE,
                "engine": verdict.engine,
            },
            ensure_ascii=False,
            indent=2,
        )
    )


def _read(path: Path) -> list[Example]:
    """Return the examples of a file; lines that are none are named and left out."""
    with path.open("rb") as lines:
        examples, wrong = read_lines(lines)
    for line in wrong[:SHOWN_LINES]:
        click.echo(f"{path.name}, line {line.number}: {line.reason}; skipped", err=True)
    if len(wrong) > SHOWN_LINES:
        click.echo(f"{path.name}: {len(wrong) - SHOWN_LINES} more wrong lines skipped", err=True)
    if not examples:
        raise click.ClickException(f"{path.name}: not one usable line")
    return examples


def _show(figures: dict[str, t.Any]) -> None:
    """Print the figures for people, on standard error."""
    width = max(len(label) for label in figures["per_label"])
    click.echo(
        f"{figures['n']} messages: {figures['accuracy']:.3f} right, "
        f"{figures['top2_accuracy']:.3f} among the first two; macro F1 {figures['macro_f1']:.3f}, "
        f"calibration error {figures['expected_calibration_error']:.3f}\n"
        f"{'':{width}}     n  prec.  recall",
        err=True,
    )
    for label, row in figures["per_label"].items():
        row_figures = f"{row['n']:5}  {row['precision']:.3f}  {row['recall']:.3f}"
        click.echo(f"{label:{width}} {row_figures}", err=True)
    for row in figures["coverage"]:
        share, least = row["coverage"], row["threshold"]
        click.echo(
            f"surest {share:4.0%}: {row['accuracy']:.3f} right, from {least:.2f} on", err=True
        )
