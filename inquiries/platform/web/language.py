"""The language of the pages: German, which the templates are written in, and English."""

from __future__ import annotations

import typing as t

import flask_babel
from flask import Flask, g, has_request_context, request

from inquiries.platform.web import babel

LANGUAGES = {"de": "Deutsch", "en": "English"}
DEFAULT = "de"
COOKIE = "sprache"


def language() -> str:
    """Return the language of this request: the reader's choice, else German."""
    if "language" not in g:
        chosen = request.cookies.get(COOKIE, "") if has_request_context() else ""
        g.language = chosen if chosen in LANGUAGES else DEFAULT
    return t.cast("str", g.language)


def translate(message: str, **values: t.Any) -> str:
    """Return a German sentence of a template in the language of the reader.

    German needs no look-up, which would cost a page of eighty sentences a millisecond.
    """
    if language() == DEFAULT:
        return message % values if values else message
    return str(flask_babel.gettext(message, **values))


def install(app: Flask) -> None:
    """Offer `_()` and `language` to templates."""
    babel.init_app(app, locale_selector=language)
    app.jinja_env.globals.update(_=translate, gettext=translate)

    @app.context_processor
    def shared() -> dict[str, str]:
        return {"language": language()}
