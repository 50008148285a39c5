"""Doors: each view says who may enter. A view without a door does not start."""

from __future__ import annotations

import functools
import typing as t

from flask import Flask, abort
from flask_login import current_user

from inquiries.platform.web import login_manager

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from enum import StrEnum

P = t.ParamSpec("P")
R = t.TypeVar("R")

DOOR = "anlaufstelle_door"
OPEN = "all"
TOKEN = "token"  # noqa: S105 - the kind of door, not a secret


def open_to_all(view: Callable[P, R]) -> Callable[P, R]:
    """Let everybody in: public pages, and links that carry a secret of their own."""
    setattr(view, DOOR, OPEN)
    return view


def token_door(view: Callable[P, R]) -> Callable[P, R]:
    """Let machines in; the view itself asks for a token with the right scope."""
    setattr(view, DOOR, TOKEN)
    return view


def door(role: StrEnum) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let staff in whose role is this one or includes it.

    Anonymous visitors are sent to the log-in and back; a role that is too low gets 403.
    """

    def guard(view: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not current_user.is_authenticated:
                return t.cast("R", login_manager.unauthorized())
            if not current_user.has_role(role):
                abort(403)
            return view(*args, **kwargs)

        setattr(guarded, DOOR, str(role))
        return guarded

    return guard


def refuse_views_without_door(app: Flask) -> None:
    """Stop the start when a view says nothing about who may enter.

    Raises:
        RuntimeError: naming the endpoints.
    """
    missing = sorted(
        endpoint
        for endpoint, view in app.view_functions.items()
        if not hasattr(getattr(view, "view_class", view), DOOR) and not hasattr(view, DOOR)
    )
    if missing:
        message = "views without a door: " + ", ".join(missing)
        raise RuntimeError(message)
