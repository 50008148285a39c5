"""The start, the pages that the law asks for, and the list behind the municipality field."""

from __future__ import annotations

import typing as t

from flask import Response, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from inquiries.accounts import municipalities
from inquiries.accounts.directory import directory
from inquiries.intake.routes.blueprint import bp, today
from inquiries.platform.web import db
from inquiries.platform.web.doors import open_to_all

if t.TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@bp.get("/")
@open_to_all
def start() -> ResponseReturnValue:
    """Lead everybody to where she begins: staff to the queue, all others to the form."""
    endpoint = "casework.queue" if current_user.is_authenticated else "intake.form"
    return redirect(url_for(endpoint))


@bp.get("/impressum")
@open_to_all
def imprint() -> str:
    """Say who runs this site (§ 5 DDG)."""
    return _text_page(_("Impressum"), "imprint")


@bp.get("/datenschutz")
@open_to_all
def privacy() -> str:
    """Say what happens with personal data (Art. 13 GDPR)."""
    return _text_page(_("Datenschutz"), "privacy")


@bp.get("/barrierefreiheit")
@open_to_all
def accessibility() -> str:
    """Show the accessibility statement (§ 4 HVBIT)."""
    return _text_page(_("Barrierefreiheit"), "accessibility")


def _text_page(title: str, key: str) -> str:
    """Show one of the centre's own texts."""
    text = directory(db.session).centre.texts.get(key, "")
    return render_template("intake/text.html", title=title, text=text)


@bp.get("/anfrage/kommunen.json")
@open_to_all
def municipality_list() -> Response:
    """List the municipalities for the field that completes what is typed."""
    places = [
        {"label": place.short_name, "search": place.postcode}
        for place in municipalities.options(db.session, today())
    ]
    answer = jsonify(places)
    answer.add_etag()
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return t.cast("Response", answer.make_conditional(request))
