"""What an advisor does on the page of an inquiry: one POST for each deed."""

from __future__ import annotations

import typing as t

from flask import flash, redirect, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm.exc import StaleDataError

from inquiries.accounts.models import Role
from inquiries.casefile.access import find_visible
from inquiries.casework import forms, service
from inquiries.casework.routes.blueprint import bp
from inquiries.casework.routes.inquiry import (
    SENT,
    conflict_page,
    find_or_404,
    gone_page,
    inquiry_page,
    posted_form,
    said_already,
)
from inquiries.knowledge import service as knowledge
from inquiries.platform import Outdated, clock
from inquiries.platform.db import transaction
from inquiries.platform.web import db
from inquiries.platform.web.doors import door
from inquiries.platform.web.errors import log_reference

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from inquiries.casefile.models import Inquiry
    from inquiries.casework.forms import DeskForm

    Deed = Callable[[Session, Inquiry, DeskForm], object]

DRAFTS = {"answer": "antwort", "note": "notiz"}
"""Under which name page.js keeps the unsent text of a deed."""


def carry_out(reference: str, name: str, deed: Deed, done: str) -> ResponseReturnValue:
    """Do one thing to a file, or say why not without losing what was typed.

    Args:
        reference: of the file.
        name: of the form, see `DESK`.
        deed: called inside the transaction, with the file as it is now.
        done: sentence for the person when it is done.
    """
    form = posted_form(name)
    inquiry = find_visible(db.session, current_user, reference)
    if inquiry is None:
        return gone_page(reference, name, form)
    if form.validate():
        try:
            with form.refusals(), transaction(db.session) as session:
                session.refresh(inquiry)
                deed(session, inquiry, form)
        except (Outdated, StaleDataError):
            changed = find_visible(db.session, current_user, reference)
            if changed is None:
                return gone_page(reference, name, form)
            if not said_already(changed, name, form):
                return conflict_page(changed, name, form)
    if form.errors:
        number = log_reference(422, reference=reference, deed=name, fields=[*form.errors])
        return inquiry_page(inquiry, name, form, number), 422
    flash(done, "success")
    if name in DRAFTS:
        cookie[SENT] = f"{DRAFTS[name]}-{reference}"
    if find_visible(db.session, current_user, reference) is None:
        return redirect(url_for(".queue"), 303)
    return redirect(url_for(".inquiry", reference=reference), 303)


@bp.post("/anfragen/<reference>/antwort")
@door(Role.ADVISOR)
def answer(reference: str) -> ResponseReturnValue:
    """Answer, or put a text module into the answer that is being written."""
    if "insert" in request.form:
        return _insert_module(reference)

    def deed(session: Session, inquiry: Inquiry, form: DeskForm) -> None:
        data = t.cast("forms.AnswerForm", form).answer()
        service.answer(session, inquiry, data, by=current_user, now=clock.now())

    return carry_out(reference, "answer", deed, _("Ihre Antwort ist gesendet."))


def _insert_module(reference: str) -> ResponseReturnValue:
    """Show the page again with the module's text below what was written; nothing is stored."""
    inquiry = find_or_404(reference)
    form = t.cast("forms.AnswerForm", posted_form("answer"))
    module = knowledge.text_module(db.session, form.module.data or "")
    if module is not None:
        form.text.data = "\n\n".join(part for part in (form.text.data, module.body) if part)
    return inquiry_page(inquiry, "answer", form)


@bp.post("/anfragen/<reference>/notiz")
@door(Role.ADVISOR)
def note(reference: str) -> ResponseReturnValue:
    """Write an internal note."""

    def deed(session: Session, inquiry: Inquiry, form: DeskForm) -> None:
        data = t.cast("forms.NoteForm", form).note()
        service.note(session, inquiry, data, by=current_user, now=clock.now())

    return carry_out(
        reference, "note", deed, _("Ihre Notiz ist gespeichert, nur für Kolleg:innen.")
    )


@bp.post("/anfragen/<reference>/uebernehmen")
@door(Role.ADVISOR)
def take_over(reference: str) -> ResponseReturnValue:
    """Take the file over."""

    def deed(session: Session, inquiry: Inquiry, form: DeskForm) -> None:
        service.take_over(session, inquiry, form.seen_version, by=current_user, now=clock.now())

    return carry_out(reference, "take", deed, _("Die Anfrage liegt jetzt bei Ihnen."))


@bp.post("/anfragen/<reference>/weitergeben")
@door(Role.ADVISOR)
def hand_over(reference: str) -> ResponseReturnValue:
    """Give the file to a colleague or into a queue."""

    def deed(session: Session, inquiry: Inquiry, form: DeskForm) -> None:
        data = t.cast("forms.HandoverForm", form).handover()
        service.hand_over(session, inquiry, data, by=current_user, now=clock.now())

    return carry_out(
        reference, "handover", deed, _("%(reference)s ist weitergegeben.", reference=reference)
    )


@bp.post("/anfragen/<reference>/stand")
@door(Role.ADVISOR)
def move(reference: str) -> ResponseReturnValue:
    """Move the file to another status."""

    def deed(session: Session, inquiry: Inquiry, form: DeskForm) -> None:
        data = t.cast("forms.MoveForm", form).move()
        service.move(session, inquiry, data, by=current_user, now=clock.now())

    return carry_out(reference, "move", deed, _("Der Stand ist geändert."))


@bp.post("/anfragen/<reference>/themenfeld")
@door(Role.ADVISOR)
def correct_topic(reference: str) -> ResponseReturnValue:
    """Say which topic it is."""

    def deed(session: Session, inquiry: Inquiry, form: DeskForm) -> None:
        data = t.cast("forms.TopicForm", form).correction()
        service.correct_topic(session, inquiry, data, by=current_user, now=clock.now())

    return carry_out(reference, "topic", deed, _("Das Themenfeld ist festgelegt."))


@bp.post("/anfragen/<reference>/frist")
@door(Role.ADVISOR)
def change_due_date(reference: str) -> ResponseReturnValue:
    """Change the day by which the answer is due."""

    def deed(session: Session, inquiry: Inquiry, form: DeskForm) -> None:
        data = t.cast("forms.DueForm", form).due_date()
        service.change_due_date(session, inquiry, data, by=current_user, now=clock.now())

    return carry_out(reference, "due", deed, _("Die Frist ist geändert."))
