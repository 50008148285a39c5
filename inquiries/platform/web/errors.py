"""What people see when something goes wrong: a plain page, and a reference number in the log."""

from __future__ import annotations

import secrets
import typing as t

import structlog
from flask import Flask, g, render_template, request
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, default_exceptions

from inquiries.platform import Refused

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue

log = structlog.get_logger()

PAGES = {400, 403, 404, 409, 410, 413, 422, 429, 500, 503}
ErrorPage = t.Callable[[int, str, str], "ResponseReturnValue"]


def log_reference(status: int, **facts: object) -> str:
    """Log a refused or failed request under a number that the user can tell; return the number."""
    number = secrets.token_hex(4).upper()
    write: Callable[..., None] = log.error if status >= 500 else log.warning
    write(
        "request failed",
        number=number,
        status=status,
        method=request.method,
        endpoint=request.endpoint,
        **facts,
    )
    return number


def html_page(status: int, sentence: str, number: str) -> ResponseReturnValue:
    """Show the page for a status; the sentence is the service's or empty.

    From 500 on nothing can be relied on, least of all the database: those pages do without.
    """
    g.broken = status >= 500
    name = status if status in PAGES else (500 if status >= 500 else 400)
    page = render_template(f"errors/{name}.html", sentence=sentence, number=number)
    return page, status


def install(app: Flask, page_for: Callable[[], ErrorPage]) -> None:
    """Answer every error; `page_for` picks the form of the answer (page or problem+json)."""

    def refused(refusal: Refused) -> ResponseReturnValue:
        number = log_reference(refusal.status, sentence=refusal.sentence)
        return page_for()(refusal.status, refusal.sentence, number)

    def stale(_error: StaleDataError) -> ResponseReturnValue:
        number = log_reference(409)
        sentence = "Diese Anfrage wurde im selben Augenblick von jemand anderem geändert."
        return page_for()(409, sentence, number)

    def http_error(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:
            return error
        number = log_reference(error.code, path=_path_without_token())
        answer = app.make_response(page_for()(error.code, "", number))
        for name, value in error.get_headers():
            if name in {"Retry-After", "Allow", "WWW-Authenticate"}:
                answer.headers[name] = value
        return answer

    def database_away(error: OperationalError) -> ResponseReturnValue:
        number = log_reference(503, exc_info=error)
        answer = app.make_response(page_for()(503, "", number))
        answer.headers["Retry-After"] = "10"
        return answer

    def unexpected(error: Exception) -> ResponseReturnValue:
        number = log_reference(500, exc_info=error)
        return page_for()(500, "", number)

    app.register_error_handler(Refused, refused)
    app.register_error_handler(StaleDataError, stale)
    app.register_error_handler(OperationalError, database_away)
    for code in default_exceptions:
        app.register_error_handler(code, http_error)
    app.register_error_handler(Exception, unexpected)


def _path_without_token() -> str:
    """Return what was asked for; a path that carries a secret is not logged."""
    if request.view_args and "token" in request.view_args:
        return str(request.url_rule)
    return request.path if request.url_rule else "unknown"
