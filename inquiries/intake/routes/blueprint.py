"""The blueprint that all pages of the front door belong to, and what they share."""

from __future__ import annotations

import typing as t

from flask import Blueprint, request
from flask_limiter.util import get_remote_address
from limits import parse

from inquiries.accounts import municipalities
from inquiries.intake import uploads
from inquiries.platform import clock, files
from inquiries.platform.db import transaction
from inquiries.platform.settings import settings
from inquiries.platform.web import csrf, db, limiter
from inquiries.platform.web.errors import log_reference
from inquiries.platform.web.language import translate
from inquiries.platform.workdays import local_day

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from inquiries.accounts.models import Municipality
    from inquiries.casefile.service import Upload
    from inquiries.intake.forms import InquiryForm, OneTimeForm, ReplyForm

bp = Blueprint("intake", __name__)
View = t.TypeVar("View", bound="Callable[..., t.Any]")

TOO_MANY = (
    "Von Ihrem Anschluss kamen in der letzten Stunde sehr viele Nachrichten oder Dateien. Ihre "
    "Angaben stehen noch hier: Bitte senden Sie sie später noch einmal, oder rufen Sie uns an."
)
EXPIRED = (
    "Ihre Sitzung ist abgelaufen. Es ist noch nichts gesendet, Ihre Angaben stehen noch hier. "
    "Bitte senden Sie das Formular noch einmal."
)


def looks_at_its_token(view: View) -> View:
    """Leave it to the form to check the token of the session.

    So one that has expired costs nobody a text: the form is shown again with all that was typed.
    """
    csrf.exempt(view)
    return view


class Allowance:
    """So many times from one network address; `RATELIMIT_ENABLED` switches it off."""

    def __init__(self, name: str, limit: str) -> None:
        self._name = name
        self._limit = parse(limit)

    def take(self) -> bool:
        """Count one more; False when there were too many."""
        if not limiter.enabled:
            return True
        return limiter.limiter.hit(self._limit, self._name, get_remote_address())

    def is_used_up(self) -> bool:
        """Tell whether there were too many, without counting."""
        if not limiter.enabled:
            return False
        return not limiter.limiter.test(self._limit, self._name, get_remote_address())


uploading = Allowance("upload", "120 per hour")
"""Files are kept before anything is sent; a disk must not be filled that way."""


def today() -> date:
    """Return the day that it is here."""
    return local_day(clock.now(), settings().zone)


def find_municipality(typed: str | None) -> Municipality | None:
    """Return the municipality of the register that was typed, if it is one."""
    return municipalities.find(db.session, typed, today()) if typed else None


def keep_files(form: InquiryForm | ReplyForm) -> list[str]:
    """Keep the files that came with a form, drop the ones to be taken away; return refusals."""
    incoming = []
    for file in request.files.getlist(form.files.name):
        if file.filename:
            incoming.append(uploads.Incoming(file.filename, file.read()))
        file.close()
    unwanted = request.form.getlist("remove_files", int)
    if not incoming and not unwanted:
        return []
    too_many = bool(incoming) and not uploading.take()
    with transaction(db.session):
        dropped = uploads.drop(db.session, form.key, unwanted)
        wanted = [] if too_many else incoming
        refusals = uploads.keep(db.session, form.key, wanted, now=clock.now())
    for key in dropped:
        files.remove(key)
    return [translate(TOO_MANY)] if too_many else refusals


def kept_files(form: OneTimeForm) -> list[dict[str, t.Any]]:
    """Return the files that wait with a form, as the page shows them."""
    return [
        {"id": file.id, "name": file.filename, "size": file.size}
        for file in uploads.waiting(db.session, form.key)
    ]


def remove_bytes(spare: Iterable[Upload]) -> None:
    """Delete the bytes of files that came twice; the file holds them already."""
    for upload in spare:
        files.remove(upload.stored.storage_key)


def refused_as_too_many(form: OneTimeForm) -> str:
    """Say beside the form that this comes too often; return the log number."""
    form.form_errors.append(translate(TOO_MANY))
    return log_reference(429)


def refusal_of(form: OneTimeForm) -> tuple[int, str]:
    """Return status and log number for a form with errors, after putting them into words."""
    status = 422
    if form.is_forged():
        form.csrf_token.errors = [translate(EXPIRED)]
        status = 400
    fields = sorted(name or "form" for name in form.errors)
    return status, log_reference(status, fields=fields)
