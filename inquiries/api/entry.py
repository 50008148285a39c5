"""Who comes in: every view of the API asks for a token with a scope."""

from __future__ import annotations

import functools
import typing as t

from flask import g, request
from flask_limiter.util import get_remote_address
from flask_smorest import Blueprint

from inquiries.api.problems import Problem
from inquiries.api.tokens import Scope, allows, machine_of, token_of
from inquiries.platform.tokens import digest
from inquiries.platform.web import db
from inquiries.platform.web.doors import token_door

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from inquiries.accounts.actors import Machine

P = t.ParamSpec("P")
R = t.TypeVar("R")

MAX_BODY = 1024 * 1024
WITH_BODY = {"POST", "PATCH", "PUT"}
NO_TOKEN = 'Bearer realm="Anlaufstelle"'  # noqa: S105 - what to show, not a secret
WRONG_TOKEN = f'{NO_TOKEN}, error="invalid_token"'


def needs(scope: Scope) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let in whoever shows a token that allows this, before anything of the request is read."""

    def guard(view: Callable[P, R]) -> Callable[P, R]:
        described = Blueprint.doc(security=[{"token": [str(scope)]}])(view)

        @token_door
        @functools.wraps(described)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            _let_in(scope)
            _expect_json()
            return t.cast("R", described(*args, **kwargs))

        return guarded

    return guard


def shown_secret() -> str:
    """Return the token that the request shows, or an empty text."""
    shown = request.authorization
    return (shown.token or "") if shown and shown.type == "bearer" else ""


def caller() -> str:
    """Name the caller for counting requests: the token's digest, or the network address."""
    secret = shown_secret()
    return digest(secret) if secret else get_remote_address()


def machine() -> Machine:
    """Return who asks."""
    return t.cast("Machine", g.machine)


def _let_in(scope: Scope) -> None:
    secret = shown_secret()
    if not secret:
        detail = "Send a token: Authorization: Bearer …"
        raise Problem(401, detail, headers={"WWW-Authenticate": NO_TOKEN})
    token = token_of(db.session, secret)
    if token is None:
        detail = "This token is unknown or revoked."
        raise Problem(401, detail, headers={"WWW-Authenticate": WRONG_TOKEN})
    if not allows(token, scope):
        needed = f'{NO_TOKEN}, error="insufficient_scope", scope="{scope}"'
        detail = f"This needs the scope {scope}."
        raise Problem(403, detail, headers={"WWW-Authenticate": needed})
    g.machine = machine_of(token)
    g.token_id = token.id


def _expect_json() -> None:
    request.max_content_length = MAX_BODY
    if request.method not in WITH_BODY:
        return
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype != "application/json" or charset not in {"utf-8", "utf8"}:
        raise Problem(415, "Send JSON in UTF-8: Content-Type: application/json")
