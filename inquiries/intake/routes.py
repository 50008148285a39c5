"""Where everybody comes in: the start, and the pages that the law asks for."""

from __future__ import annotations

import typing as t

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from inquiries.accounts.directory import directory
from inquiries.platform.web import db
from inquiries.platform.web.doors import open_to_all

if t.TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

bp = Blueprint("intake", __name__)


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
    """Show one of the centre's own texts; an empty line begins a paragraph."""
    text = str(directory(db.session).centre.texts.get(key, "")).strip()
    paragraphs = [part.strip() for part in text.split("\n\n") if part.strip()]
    return render_template("intake/text.html", title=title, paragraphs=paragraphs)
