"""Commands of the accounts stage: the people who log in, and the register of municipalities."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import click
import sqlalchemy as sa
from flask.cli import AppGroup

from inquiries.accounts import municipalities, register, service
from inquiries.accounts.models import User
from inquiries.platform import Refused, clock
from inquiries.platform.db import transaction
from inquiries.platform.settings import settings
from inquiries.platform.web import db

if t.TYPE_CHECKING:
    from datetime import datetime

    from flask import Flask

staff = AppGroup("staff", help="The people who log in.")
group = AppGroup("municipalities", help="The official register of municipalities.")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def install(app: Flask) -> None:
    """Add the commands to the application."""
    app.cli.add_command(group)
    app.cli.add_command(staff)


@staff.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_command(*, as_json: bool) -> None:
    """List who works here, with role, and whether she can log in."""
    people = db.session.scalars(sa.select(User).order_by(User.id)).all()
    rows = [
        {
            "email": person.email,
            "name": person.name,
            "role": person.role,
            "active": person.active,
            "can_log_in": bool(person.password_hash) and person.active,
        }
        for person in people
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        state = "can log in" if row["can_log_in"] else "cannot log in"
        click.echo(f"{row['email']}  {row['name']}  {row['role']}  {state}")


@staff.command("password")
@click.argument("email")
@click.password_option(help="Asked for when not given; 12 to 200 characters.")
def password_command(email: str, password: str) -> None:
    """Give EMAIL a password; all log-ins of that person end."""
    with transaction(db.session) as session:
        user = session.scalar(sa.select(User).where(User.email == email.lower()))
        if user is None:
            message = f"nobody here has the address {email}; people come from the catalogue"
            raise click.ClickException(message)
        try:
            service.set_password(session, user, password)
        except Refused as refusal:
            raise click.ClickException(refusal.sentence) from None
    click.echo(f"{user.name} can log in as {user.email}.")


@group.command("import")
@click.argument("file", type=FILE)
@click.option("--changes", type=FILE, help="CSV of keys that have changed, with the dates.")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Day that the register is valid for; default: what the file says, else today.",
)
@click.option("--state", default="06", show_default=True, help="First two digits of the keys.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def import_command(
    file: Path, changes: Path | None, as_of: datetime | None, state: str, *, as_json: bool
) -> None:
    """Take over FILE: GV100AD of the Federal Statistical Office, or a CSV with its keys.

    Running it again changes nothing; keys that are gone keep their row and get a last day.
    """
    try:
        found = register.read(file, state)
        changed = register.read_changes(changes) if changes else ()
    except register.WrongRegister as error:
        raise click.ClickException(str(error)) from None
    today = clock.now().astimezone(settings().zone).date()
    day = as_of.date() if as_of else found.as_of or today
    with transaction(db.session) as session:
        done = municipalities.take_over(session, found, changed, as_of=day, state=state)
    if as_json:
        click.echo(json.dumps({"as_of": day.isoformat(), **vars(done)}))
    else:
        click.echo(
            f"{file.name}, valid on {day.isoformat()}: {done.valid} municipalities; "
            f"{done.added} added, {done.renamed} renamed, {done.ended} ended."
        )
