"""Commands of the API stage: tokens for other systems."""

from __future__ import annotations

import json
import typing as t

import click
import sqlalchemy as sa
from flask.cli import AppGroup

from inquiries.api import tokens
from inquiries.api.models import ApiToken
from inquiries.platform import Refused, clock
from inquiries.platform.db import transaction
from inquiries.platform.web import db

if t.TYPE_CHECKING:
    from flask import Flask

group = AppGroup("token", help="Tokens with which other systems use the API.")
SCOPES = click.Choice([str(scope) for scope in tokens.Scope])


def install(app: Flask) -> None:
    """Add the commands to the application's command line."""
    app.cli.add_command(group)


@group.command("create")
@click.option("--name", required=True, help="Name of the other system; the history shows it.")
@click.option(
    "--scope", "scopes", required=True, multiple=True, type=SCOPES, help="May be given repeatedly."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def create(name: str, scopes: tuple[str, ...], *, as_json: bool) -> None:
    """Make a token; it is shown once, alone on the last line."""
    wanted = [tokens.Scope(scope) for scope in scopes]
    try:
        with transaction(db.session) as session:
            secret = tokens.make_token(session, name, wanted, now=clock.now())
    except Refused as refusal:
        raise click.ClickException(refusal.sentence) from None
    if as_json:
        click.echo(json.dumps({"name": name, "scopes": sorted(set(scopes)), "token": secret}))
        return
    click.echo(f"Token for {name} ({', '.join(sorted(set(scopes)))}), shown only now:")
    click.echo(secret)


@group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_tokens(*, as_json: bool) -> None:
    """Show all tokens, never their secrets."""
    rows = db.session.scalars(sa.select(ApiToken).order_by(ApiToken.id)).all()
    if as_json:
        click.echo(json.dumps([_outline(row) for row in rows]))
        return
    for row in rows:
        state = f"revoked {row.revoked_at:%Y-%m-%d}" if row.revoked_at else "in force"
        click.echo(f"{row.name}: {', '.join(row.scopes)}; {state}")


def _outline(row: ApiToken) -> dict[str, object]:
    return {
        "name": row.name,
        "scopes": row.scopes,
        "created_at": row.created_at.isoformat(timespec="seconds"),
        "revoked_at": row.revoked_at.isoformat(timespec="seconds") if row.revoked_at else None,
    }


@group.command("revoke")
@click.argument("name")
def revoke(name: str) -> None:
    """End a token at once."""
    try:
        with transaction(db.session) as session:
            tokens.revoke(session, name, now=clock.now())
    except Refused as refusal:
        raise click.ClickException(refusal.sentence) from None
    click.echo(f"{name}: revoked.")
