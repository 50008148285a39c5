"""Commands of the front door."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import click
from flask.cli import AppGroup

from inquiries.accounts.directory import directory
from inquiries.casefile.terms import terms
from inquiries.intake import importing
from inquiries.platform import Refused, clock
from inquiries.platform.db import transaction
from inquiries.platform.web import db

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from inquiries.casefile.models import Inquiry

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
group = AppGroup("inquiries", help="Inquiries from and to files.")


def install(app: Flask) -> None:
    """Add the commands to the application's command line."""
    app.cli.add_command(group)


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def import_command(context: click.Context, file: Path, *, as_json: bool) -> None:
    """Take in FILE, a JSON object with one inquiry a line.

    Each line is its own transaction. Wrong lines are named and skipped, then the exit code is 1.
    Lines with an external_id come in once, however often the file is imported.
    """
    done: dict[str, list[dict[str, t.Any]]] = {"imported": [], "repeated": [], "skipped": []}
    for number, line in _lines(file):
        try:
            with transaction(db.session) as session:
                receipt = importing.take_line(session, line, now=clock.now())
        except Refused as refusal:
            done["skipped"].append({"line": number, "reason": refusal.sentence})
            continue
        kind = "repeated" if receipt.repeated else "imported"
        done[kind].append({"line": number, **_facts(receipt.inquiry)})
        db.session.expunge_all()  # a long file must not fill the memory
    if as_json:
        click.echo(json.dumps(done, ensure_ascii=False))
    else:
        for skipped in done["skipped"]:
            click.echo(f"line {skipped['line']}: {skipped['reason']}", err=True)
        counts = ", ".join(f"{len(lines)} {kind}" for kind, lines in done.items())
        click.echo(f"{file.name}: {counts}")
    if done["skipped"]:
        context.exit(1)


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    """Return the lines that hold something, with their numbers."""
    with file.open("rb") as source:
        for number, line in enumerate(source, start=1):
            content = line.removeprefix(BYTE_ORDER_MARK) if number == 1 else line
            if content.strip():
                yield number, content.strip()


def _facts(inquiry: Inquiry) -> dict[str, t.Any]:
    topic = terms(db.session).topic(inquiry.topic_id)
    person = directory(db.session).people.get(inquiry.assignee_id or 0)
    return {
        "reference": inquiry.reference,
        "topic": topic.key if topic else None,
        "confidence": inquiry.confidence,
        "reasons": inquiry.topic_reasons,
        "assignee": person.email if person else None,
        "assignment_reasons": inquiry.assignment_reasons,
    }
