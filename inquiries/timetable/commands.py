"""`jobs list`, `jobs run` and `worker`."""

from __future__ import annotations

import json
import signal
import threading
import typing as t
from datetime import datetime

import click
from flask.cli import AppGroup, with_appcontext

from inquiries.platform import clock
from inquiries.platform.settings import settings
from inquiries.platform.web import db
from inquiries.timetable.clock import Clock
from inquiries.timetable.jobs import JOBS, job_named
from inquiries.timetable.runner import overview, run_by_hand

if t.TYPE_CHECKING:
    from flask import Flask

    from inquiries.timetable.runner import Outline

jobs_group = AppGroup("jobs", help="Background jobs.")


def install(app: Flask) -> None:
    """Add the commands to the application's command line."""
    app.cli.add_command(jobs_group)
    app.cli.add_command(worker)


@jobs_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_jobs(*, as_json: bool) -> None:
    """Show all jobs with their last and next run."""
    outlines = overview(db.session, clock.now())
    if as_json:
        click.echo(json.dumps([_as_json(outline) for outline in outlines], ensure_ascii=False))
        return
    for outline in outlines:
        last = outline.last
        click.echo(f"{outline.job.name:14} {outline.job.title} ({outline.job.slots})")
        told = f"{_local(last.started_at)}: {last.error or last.result or 'läuft'}" if last else "–"
        click.echo(f"{'':14} zuletzt {told}")
        click.echo(f"{'':14} nächstes Mal {_local(outline.next_at)}")


@jobs_group.command("run")
@click.argument("name", type=click.Choice([job.name for job in JOBS]))
@click.option("--at", "at", metavar="ISO-8601", help="Run as if it were that moment.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def run_job(name: str, at: str | None, *, as_json: bool) -> None:
    """Run a job now; what its timetable has planned stays planned."""
    result = run_by_hand(job_named(name), db.sessionmaker, _moment(at) if at else clock.now())
    click.echo(
        json.dumps({"job": name, "result": result}, ensure_ascii=False) if as_json else result
    )


@click.command("worker")
@with_appcontext
def worker() -> None:
    """Run the clock and the work until the process is told to stop."""
    work()


def work() -> None:
    """Be the background process; `serve` starts it beside the web server."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    running = Clock(db.sessionmaker)
    running.start()
    running.keep(stopped)
    running.stop()


def _moment(text: str) -> datetime:
    """Read a moment; without an offset it is local time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        message = f"„{text}“ is not a moment such as 2026-11-23T07:30"
        raise click.BadParameter(message, param_hint="--at") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=settings().zone)


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(settings().zone):%d.%m.%Y %H:%M:%S}"


def _as_json(outline: Outline) -> dict[str, t.Any]:
    last = outline.last
    return {
        "name": outline.job.name,
        "title": outline.job.title,
        "plan": str(outline.job.slots),
        "next_run": outline.next_at.isoformat(),
        "last_run": last
        and {
            "slot": last.slot,
            "attempt": last.attempt,
            "started_at": last.started_at.isoformat(),
            "finished_at": last.finished_at and last.finished_at.isoformat(),
            "result": last.result,
            "error": last.error,
        },
    }
