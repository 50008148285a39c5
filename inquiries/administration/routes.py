"""Pages for coordinators and administrators: outgoing mail, and the background jobs."""

from __future__ import annotations

import typing as t
from email import message_from_bytes, policy

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from inquiries.accounts.models import Role
from inquiries.administration import outgoing
from inquiries.mail import outbox
from inquiries.mail.models import MAIL_STATE_NAMES, MailState
from inquiries.platform import Refused, clock
from inquiries.platform.db import transaction
from inquiries.platform.web import db
from inquiries.platform.web.doors import door
from inquiries.timetable.runner import last_heartbeat, overview

if t.TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

bp = Blueprint("administration", __name__, url_prefix="/verwaltung")

SHOWN_HEADERS = ("From", "To", "Subject", "Date", "Message-ID", "References", "Auto-Submitted")


@bp.get("/ausgang")
@door(Role.COORDINATOR)
def outgoing_mail() -> ResponseReturnValue:
    """Show what was written and what became of it, newest first."""
    state = request.args.get("stand", "")
    typed = request.args.get("q", "").strip()
    page = outgoing.listed(
        db.session,
        state=MailState(state) if state in MAIL_STATE_NAMES else None,
        typed=typed,
        before=request.args.get("vor", type=int),
        after=request.args.get("nach", type=int),
    )
    return render_template(
        "administration/outgoing_mail.html",
        page=page,
        state=state,
        typed=typed,
        state_names=MAIL_STATE_NAMES,
        states=[("", _("alle")), *_states_with_counts()],
    )


def _states_with_counts() -> list[tuple[str, str]]:
    counts = outgoing.counts(db.session)
    return [
        (state, f"{_(name)} ({counts.get(state, 0)})") for state, name in MAIL_STATE_NAMES.items()
    ]


@bp.get("/ausgang/<int:mail_id>")
@door(Role.COORDINATOR)
def outgoing_letter(mail_id: int) -> ResponseReturnValue:
    """Show one letter as it was written, with its headers."""
    mail = outgoing.found(db.session, mail_id)
    if mail is None:
        abort(404)
    message = message_from_bytes(mail.raw, policy=policy.default)
    body = message.get_body(("plain",))
    return render_template(
        "administration/outgoing_letter.html",
        mail=mail,
        state_name=MAIL_STATE_NAMES[MailState(mail.state)],
        headers=[(name, str(message[name])) for name in SHOWN_HEADERS if message[name]],
        text=body.get_content().strip() if body else "",
        may_release=mail.state in outbox.RELEASABLE and mail.reason != outbox.NOT_ADDRESSABLE,
    )


@bp.post("/ausgang/<int:mail_id>/erneut")
@door(Role.COORDINATOR)
def release_letter(mail_id: int) -> ResponseReturnValue:
    """Send a letter after all that was not sent, or perhaps not."""
    mail = outgoing.found(db.session, mail_id)
    if mail is None:
        abort(404)
    try:
        with transaction(db.session) as session:
            outbox.release(session, mail, now=clock.now())
    except Refused as refusal:
        flash(_(refusal.sentence), "danger")
    else:
        flash(_("Die E-Mail wartet wieder auf den Versand."), "success")
    return redirect(url_for("administration.outgoing_letter", mail_id=mail_id))


@bp.get("/aufgaben")
@door(Role.COORDINATOR)
def background_jobs() -> ResponseReturnValue:
    """Show the background jobs: when each ran last, with which result, and when it is due."""
    now = clock.now()
    seen = last_heartbeat(db.session)
    return render_template(
        "administration/background_jobs.html",
        outlines=overview(db.session, now),
        seen=seen,
        alive=seen is not None and (now - seen).total_seconds() < 120,
    )
