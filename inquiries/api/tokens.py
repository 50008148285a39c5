"""Tokens: what a machine shows to be let in, and what it may do then."""

from __future__ import annotations

import typing as t
from enum import StrEnum

import sqlalchemy as sa

from inquiries.accounts.actors import Machine
from inquiries.api.models import ApiToken
from inquiries.platform import Refused
from inquiries.platform.tokens import digest, new_token

if t.TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

MAX_NAME = 80


class Scope(StrEnum):
    """What a token allows; `admin` allows everything."""

    READ = "inquiries:read"
    WRITE = "inquiries:write"
    WEBHOOKS = "webhooks"
    ADMIN = "admin"


def make_token(session: Session, name: str, scopes: Iterable[Scope], *, now: datetime) -> str:
    """Make a token and return it; nobody can read it again afterwards.

    Raises:
        Refused: when the name is empty, too long, or borne by another token that is in force.
    """
    shown = " ".join(name.split())
    if not shown or len(shown) > MAX_NAME or not shown.isprintable():
        raise Refused(f"Der Name hat 1 bis {MAX_NAME} Zeichen.", field="name")
    namesake = sa.select(ApiToken.id).where(ApiToken.name == shown, ApiToken.revoked_at.is_(None))
    if session.scalar(namesake) is not None:
        raise Refused(f"Ein Token „{shown}“ ist schon in Kraft.", field="name")
    secret = new_token()
    session.add(
        ApiToken(
            name=shown,
            digest=digest(secret),
            scopes=sorted({str(scope) for scope in scopes}),
            created_at=now,
        )
    )
    return secret


def token_of(session: Session, secret: str) -> ApiToken | None:
    """Return the token that is in force and has this secret."""
    return session.scalar(
        sa.select(ApiToken).where(ApiToken.digest == digest(secret), ApiToken.revoked_at.is_(None))
    )


def revoke(session: Session, name: str, *, now: datetime) -> ApiToken:
    """End a token at once; its row stays, for the history's sake.

    Raises:
        Refused: when no token of that name is in force.
    """
    found = session.scalar(
        sa.select(ApiToken).where(ApiToken.name == name, ApiToken.revoked_at.is_(None))
    )
    if found is None:
        raise Refused(f"Kein Token „{name}“ ist in Kraft.", field="name", status=404)
    found.revoked_at = now
    return found


def allows(token: ApiToken, scope: Scope) -> bool:
    """Tell whether the token may be used for this."""
    return scope in token.scopes or Scope.ADMIN in token.scopes


def machine_of(token: ApiToken) -> Machine:
    """Return who acts with this token, named as the history shows it."""
    return Machine(name=f"Schnittstelle: {token.name}")
