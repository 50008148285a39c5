"""Commands of operators: `catalogue load`, `demo`, `doctor`, `serve`."""

from __future__ import annotations

import json
import sys
import typing as t
from dataclasses import asdict
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from inquiries.administration import catalogue, demo, doctor, serving
from inquiries.administration.catalogue_file import WrongCatalogue
from inquiries.platform import Refused, clock
from inquiries.platform.db import transaction
from inquiries.platform.web import db

if t.TYPE_CHECKING:
    from flask import Flask

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
MOST = 1_000_000
catalogue_group = AppGroup("catalogue", help="The centre's own words, people and rules.")


def install(app: Flask) -> None:
    """Add the commands to the application's command line."""
    app.cli.add_command(catalogue_group)
    for command in (demo_command, doctor_command, serve_command):
        app.cli.add_command(command)


@catalogue_group.command("load")
@click.argument("file", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def load_command(file: Path, *, as_json: bool) -> None:
    """Load FILE, a catalogue in TOML; loading it again changes only what has changed."""
    try:
        with transaction(db.session) as session:
            done = catalogue.load(session, file, now=clock.now())
    except WrongCatalogue as error:
        raise click.ClickException(f"nothing was loaded.\n{error}") from None
    if as_json:
        click.echo(json.dumps(asdict(done), ensure_ascii=False))
    elif not done.changed:
        click.echo(f"{done.centre}: unchanged.")
    else:
        click.echo(
            f"{done.centre}: {done.topics} topics with {done.words} words and {done.examples} "
            f"examples, {done.staff} people, {done.routing_rules} routing rules."
        )


@click.command("demo")
@click.option("--inquiries", "count", type=click.IntRange(1, MOST), default=40, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--add", is_flag=True, help="Also when there are demo inquiries of another seed.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_appcontext
def demo_command(count: int, seed: int, *, add: bool, as_json: bool) -> None:
    """Make demo inquiries with conversation and history; nobody gets mail because of them."""
    with click.progressbar(length=count, label="Demo inquiries", file=sys.stderr) as bar:
        try:
            made = demo.fill(db.session, count, seed, now=clock.now(), add=add, progress=bar.update)
        except Refused as refusal:
            raise click.ClickException(refusal.sentence) from None
    click.echo(json.dumps({"made": made, "seed": seed}) if as_json else f"{made} demo inquiries.")


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_appcontext
def doctor_command(*, as_json: bool) -> None:
    """Check that everything is set up and nothing is lost or stuck; exit 1 with what to do."""
    findings = doctor.examine(_app(), db.session, now=clock.now())
    healthy = all(finding.healthy for finding in findings)
    if as_json:
        told = {"healthy": healthy, "checks": [asdict(finding) for finding in findings]}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            click.echo(f"{finding.state:5} {finding.name}: {finding.message}")
            if finding.remedy:
                click.echo(f"      → {finding.remedy}")
    if not healthy:
        raise SystemExit(1)


@click.command("serve")
@with_appcontext
def serve_command() -> None:
    """Bring everything up to date and serve on 127.0.0.1:PORT, with the background jobs."""
    serving.serve(_app())


def _app() -> Flask:
    """Return the application itself, which outlives the context that the proxy needs."""
    return t.cast("t.Any", current_app)._get_current_object()  # type: ignore[no-any-return] # noqa: SLF001 - documented
