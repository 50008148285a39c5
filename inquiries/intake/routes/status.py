"""The status page: who has the link sees the file and may add to it; looking changes nothing."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa
from flask import abort, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import selectinload

from inquiries.accounts.directory import directory
from inquiries.casefile import history
from inquiries.casefile import service as casefile
from inquiries.casefile.models import Attachment, Event, Message
from inquiries.casefile.status import FINAL, Status
from inquiries.casefile.terms import terms
from inquiries.intake import uploads
from inquiries.intake.forms import ReplyForm
from inquiries.intake.replies import FINISHED, receive_reply
from inquiries.intake.routes.blueprint import (
    Allowance,
    bp,
    keep_files,
    kept_files,
    looks_at_its_token,
    refusal_of,
    refused_as_too_many,
    remove_bytes,
)
from inquiries.platform import Refused, clock
from inquiries.platform.db import transaction
from inquiries.platform.web import db
from inquiries.platform.web.doors import open_to_all
from inquiries.platform.web.downloads import send_attachment
from inquiries.platform.web.errors import log_reference

if t.TYPE_CHECKING:
    from flask import Response
    from flask.typing import ResponseReturnValue

    from inquiries.casefile.models import Inquiry

SENT = "sent"
"""Where the session keeps whose draft the browser may forget."""

wrong_links = Allowance("wrong link", "30 per minute")
replies = Allowance("reply", "60 per hour")


@bp.after_request
def keep_links_secret(response: Response) -> Response:
    """Keep the secret in the address from other sites and from search engines."""
    if request.view_args and "token" in request.view_args:
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _inquiry_of(token: str) -> Inquiry:
    """Return the inquiry that a link opens; every link that opens none gets the same answer."""
    if wrong_links.is_used_up():
        abort(429)
    inquiry = casefile.inquiry_of_link(db.session, token)
    if inquiry is None:
        wrong_links.take()
        abort(404)
    return inquiry


@bp.get("/stand/<token>")
@open_to_all
def status(token: str) -> str:
    """Show how far an inquiry is, and what was said."""
    return _status_page(token, _inquiry_of(token), ReplyForm())


@bp.post("/stand/<token>")
@looks_at_its_token
@open_to_all
def reply(token: str) -> ResponseReturnValue:
    """Take in what the requester adds."""
    inquiry = _inquiry_of(token)
    written = ReplyForm()
    refused_files = keep_files(written)  # they go along, even when the inquiry is finished
    if inquiry.status in FINAL:
        return _finished_page(inquiry, written)
    written.validate()
    if refused_files:
        written.files.errors = [*written.files.errors, *refused_files]
    if not written.errors and not replies.take():
        return _status_page(token, inquiry, written, refused_as_too_many(written)), 429
    if not written.errors:
        try:
            with transaction(db.session):
                spare = receive_reply(
                    db.session,
                    inquiry,
                    written.body.data or "",
                    key=written.key_with(written.body.data),
                    uploads=uploads.hand_over(db.session, written.key),
                    now=clock.now(),
                )
        except Refused as refusal:
            if refusal.sentence == FINISHED:  # since a moment ago
                return _finished_page(inquiry, written)
            raise
        remove_bytes(spare)
        session[SENT] = _draft_of(inquiry)
        flash(_("Ihre Nachricht ist angekommen."), "success")
        return redirect(url_for(".status", token=token), 303)
    code, number = refusal_of(written)
    return _status_page(token, inquiry, written, number), code


def _finished_page(inquiry: Inquiry, written: ReplyForm) -> ResponseReturnValue:
    number = log_reference(409, reference=inquiry.reference)
    page = render_template("intake/finished.html", inquiry=inquiry, form=written, number=number)
    return page, 409


def _status_page(token: str, inquiry: Inquiry, form: ReplyForm, number: str = "") -> str:
    house = directory(db.session)
    messages = db.session.scalars(
        sa.select(Message)
        .where(Message.inquiry_id == inquiry.id, ~Message.internal)
        .options(selectinload(Message.attachments))
        .order_by(Message.id)
    ).all()
    events = db.session.scalars(
        sa.select(Event).where(Event.inquiry_id == inquiry.id, Event.public).order_by(Event.id)
    )
    return render_template(
        "intake/status.html",
        inquiry=inquiry,
        status=Status(inquiry.status),
        finished=inquiry.status in FINAL,
        token=token,
        form=form,
        draft=_draft_of(inquiry),
        sent=session.pop(SENT, ""),
        kept=kept_files(form),
        number=number,
        person=house.people.get(inquiry.assignee_id or 0),
        carrier=house.carriers[inquiry.carrier_id],
        topic=terms(db.session).topic(inquiry.topic_id),
        messages=messages,
        files={message.id: _files_of(message, token) for message in messages},
        entries=[
            {"at": event.at, "text": history.sentence(event, for_requester=True)}
            for event in events
        ],
    )


def _draft_of(inquiry: Inquiry) -> str:
    return f"nachricht-{inquiry.reference}"


def _files_of(message: Message, token: str) -> list[dict[str, t.Any]]:
    return [
        {
            "name": file.filename,
            "size": file.size,
            "url": url_for(".attachment", token=token, attachment_id=file.id),
        }
        for file in message.attachments
    ]


@bp.get("/stand/<token>/anlagen/<int:attachment_id>")
@open_to_all
def attachment(token: str, attachment_id: int) -> Response:
    """Send a file of the conversation; files of internal notes do not exist here."""
    inquiry = _inquiry_of(token)
    found = db.session.scalar(
        sa.select(Attachment)
        .join(Message, Message.id == Attachment.message_id)
        .where(
            Attachment.id == attachment_id,
            Attachment.inquiry_id == inquiry.id,
            ~Message.internal,
        )
    )
    if found is None:
        abort(404)
    return send_attachment(found.storage_key, found.filename, found.content_type)
