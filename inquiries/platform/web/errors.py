"""What people see when something goes wrong: a plain page, and a reference number in the log."""

from __future__ import annotations

import secrets
import typing as t
from dataclasses import dataclass

import structlog
from flask import Flask, current_app, redirect, render_template, request
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, default_exceptions

from inquiries.platform import Refused
from inquiries.platform.web import db
from inquiries.platform.web.language import language, translate
from inquiries.platform.web.paths import is_local

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue

log = structlog.get_logger()

PAGES = {400, 401, 403, 404, 409, 410, 413, 422, 429, 500, 503}
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


WORDS = ("text", "body", "answer", "because")
"""Names of the fields in which people write more than a line."""


def written() -> list[str]:
    """Return what somebody wrote in a form that is refused as a whole, so that she can copy it."""
    if request.method != "POST":
        return []
    return [request.form[name] for name in WORDS if request.form.get(name)]


def html_page(status: int, sentence: str, number: str) -> ResponseReturnValue:
    """Show the page for a status; the sentence is the service's or empty.

    From 500 on nothing can be relied on, least of all the database: those pages do without, also
    without asking who is logged in, which Flask-Login does for every page with the usual context.
    """
    name = status if status in PAGES else (500 if status >= 500 else 400)
    if status >= 500:
        bare = current_app.jinja_env.get_template(f"errors/{name}.html")
        return bare.render(number=number, language=language()), status
    page = render_template(
        f"errors/{name}.html",
        sentence=translate(sentence),
        number=number,
        written=[] if status == 413 else written(),  # what is too large is not read at all
    )
    return page, status


@dataclass(frozen=True)
class _Answers:
    """What each kind of error is answered with."""

    app: Flask
    page_for: Callable[[], ErrorPage]

    def page(self, status: int, sentence: str, number: str) -> ResponseReturnValue:
        """Show the page; if that fails in its turn (no database, no catalogue), the barest one."""
        try:
            return self.page_for()(status, sentence, number)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is logged and answered
            return self.broken(error)

    def broken(self, error: Exception) -> ResponseReturnValue:
        again = request.full_path.rstrip("?")
        if _lost_an_old_connection(error) and request.method == "GET" and is_local(again):
            # The database was restarted. The pool has thrown all its connections away by now, so
            # the reader asks again and gets a new one. A ping before each request would cost each
            # page a round trip for this one moment.
            return redirect(again)
        database_away = isinstance(error, OperationalError)
        status = 503 if database_away else 500
        number = log_reference(status, exc_info=error)
        answer = self.app.make_response(self.page_for()(status, "", number))
        if database_away:
            answer.headers["Retry-After"] = "10"
        return answer

    def refused(self, refusal: Refused) -> ResponseReturnValue:
        number = log_reference(refusal.status, sentence=refusal.sentence)
        return self.page(refusal.status, refusal.sentence, number)

    def stale(self, _error: StaleDataError) -> ResponseReturnValue:
        sentence = "Diese Anfrage wurde im selben Augenblick von jemand anderem geändert."
        return self.page(409, sentence, log_reference(409))

    def no_such_value(self, error: Exception) -> ResponseReturnValue:
        """Refuse what no column can hold: NUL in an address, a number of twenty digits."""
        db.session.rollback()  # PostgreSQL answers nothing more in this transaction
        return self.page(400, "", log_reference(400, kind=type(error).__name__))

    def http_error(self, error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:
            return error
        number = log_reference(error.code, path=_path_without_token())
        answer = self.app.make_response(self.page(error.code, "", number))
        for name, value in error.get_headers():
            if name in {"Retry-After", "Allow", "WWW-Authenticate"}:
                answer.headers[name] = value
        return answer


def install(app: Flask, page_for: Callable[[], ErrorPage]) -> None:
    """Answer every error; `page_for` picks the form of the answer (page or problem+json)."""
    answers = _Answers(app, page_for)
    app.register_error_handler(Refused, answers.refused)
    app.register_error_handler(StaleDataError, answers.stale)
    app.register_error_handler(DataError, answers.no_such_value)
    app.register_error_handler(OverflowError, answers.no_such_value)
    for code in default_exceptions:
        app.register_error_handler(code, answers.http_error)
    app.register_error_handler(Exception, answers.broken)


def _lost_an_old_connection(error: Exception) -> bool:
    """Tell whether a connection broke that had worked before, not one that could not be made."""
    return isinstance(error, OperationalError) and error.connection_invalidated


def _path_without_token() -> str:
    """Return what was asked for; a path that carries a secret is not logged."""
    if request.view_args and "token" in request.view_args:
        return str(request.url_rule)
    return request.path if request.url_rule else "unknown"
