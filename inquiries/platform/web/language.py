"""The language of the pages: German, which the templates are written in, and English.

What people wrote, the history, reasons, letters and the centre's own texts stay as they are.
"""

from __future__ import annotations

import typing as t
from contextvars import ContextVar

import flask_babel
from flask import Blueprint, Flask, abort, redirect, request, url_for

from inquiries.platform.settings import settings
from inquiries.platform.web import babel
from inquiries.platform.web.doors import open_to_all
from inquiries.platform.web.paths import is_local

if t.TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

LANGUAGES = {"de": "Deutsch", "en": "English"}
DEFAULT = "de"
COOKIE = "sprache"
YEAR = 365 * 24 * 3600

bp = Blueprint("language", __name__)


# Read at every sentence of a page, so it is looked up once a request.
_reading: ContextVar[str] = ContextVar("language", default=DEFAULT)


def language() -> str:
    """Return the language of this request: the reader's choice, else German."""
    return _reading.get()


def _find_out() -> None:
    chosen = request.cookies.get(COOKIE, "")
    _reading.set(chosen if chosen in LANGUAGES else DEFAULT)


def translate(message: str, **values: t.Any) -> str:
    """Return a German sentence in the language of the reader; what is unknown stays German.

    German needs no look-up, which would cost a page of eighty sentences a millisecond.
    """
    if _reading.get() == DEFAULT or not message:
        return message % values if values else message
    return str(flask_babel.gettext(message, **values))


@bp.post("/sprache")
@open_to_all
def choose() -> ResponseReturnValue:
    """Remember the language that somebody reads, and show the page again that she came from."""
    chosen = request.form.get("sprache", "")
    if chosen not in LANGUAGES:
        abort(400)
    back = request.form.get("zurueck", "")
    answer = redirect(back if is_local(back) else url_for("intake.start"), 303)
    https = settings().base_url.startswith("https://")
    answer.set_cookie(COOKIE, chosen, max_age=YEAR, secure=https, httponly=True, samesite="Lax")
    return answer


def install(app: Flask) -> None:
    """Offer `_()`, `language` and `other_languages` to templates, and the way to choose."""
    babel.init_app(app, locale_selector=language)
    # First of all: whoever refuses a request has to say so in this reader's language.
    app.before_request_funcs.setdefault(None, []).insert(0, _find_out)
    app.jinja_env.globals.update(_=translate, gettext=translate)
    app.register_blueprint(bp)

    @app.context_processor
    def shared() -> dict[str, t.Any]:
        now = language()
        others = {code: name for code, name in LANGUAGES.items() if code != now}
        return {"language": now, "other_languages": others}
