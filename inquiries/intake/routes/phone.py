"""The phone note: a call, written down on one screen in under a minute."""

from __future__ import annotations

import typing as t

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from inquiries.accounts.directory import directory
from inquiries.accounts.models import Role
from inquiries.casefile.access import find_visible
from inquiries.casefile.terms import terms
from inquiries.intake import phone_notes
from inquiries.intake.forms import PhoneNoteForm
from inquiries.intake.routes.blueprint import (
    bp,
    find_municipality,
    looks_at_its_token,
    refusal_of,
)
from inquiries.platform import clock
from inquiries.platform.db import transaction
from inquiries.platform.web import db
from inquiries.platform.web.doors import door

if t.TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@bp.route("/anfragen/neu", methods=["GET", "POST"])
@looks_at_its_token
@door(Role.ADVISOR)
def phone_note() -> ResponseReturnValue:
    """Write down a call."""
    note = PhoneNoteForm()
    note.offer(terms(db.session), directory(db.session).people.values())
    if request.method != "POST":
        return render_template("intake/phone_note.html", form=note)
    if note.validate():
        with note.refusals(), transaction(db.session):
            submission = note.submission(find_municipality(note.municipality.data), current_user.id)
            receipt = phone_notes.take_down(
                db.session,
                submission,
                (note.answer.data or "") if note.done.data else "",
                by=current_user,
                now=clock.now(),
            )
    if note.errors:
        status, number = refusal_of(note)
        return render_template("intake/phone_note.html", form=note, number=number), status
    reference = receipt.inquiry.reference
    flash(_("Die Telefonnotiz ist gespeichert: %(reference)s", reference=reference), "success")
    if find_visible(db.session, current_user, reference) is None:  # it went to the other carrier
        return redirect(url_for("casework.queue"), 303)
    return redirect(url_for("casework.inquiry", reference=reference), 303)
