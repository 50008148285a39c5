"""The public form: fill in, check your answers, send; nothing typed is lost on the way."""

from __future__ import annotations

import typing as t

from flask import current_app, redirect, render_template, request, session, url_for
from markupsafe import Markup

from inquiries.accounts.directory import directory
from inquiries.casefile import service as casefile
from inquiries.casefile.terms import terms
from inquiries.intake import uploads
from inquiries.intake.forms import InquiryForm, OneTimeForm
from inquiries.intake.routes.blueprint import (
    Allowance,
    bp,
    find_municipality,
    keep_files,
    kept_files,
    looks_at_its_token,
    refusal_of,
    refused_as_too_many,
    remove_bytes,
    today,
)
from inquiries.intake.service import receive
from inquiries.platform import clock
from inquiries.platform.db import transaction
from inquiries.platform.snapshot import Snapshot
from inquiries.platform.web import db
from inquiries.platform.web.doors import open_to_all
from inquiries.platform.web.language import language

if t.TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

FILED = "filed"
"""Where the session keeps the status link of what was sent last."""

filings = Allowance("filing", "60 per hour")


@bp.route("/anfrage", methods=["GET", "POST"])
@looks_at_its_token
@open_to_all
def form() -> ResponseReturnValue:
    """Ask for the question, show it for checking, and take it in."""
    if request.method != "POST":
        return _page(OneTimeForm(), _empty_fields())
    asked = InquiryForm()
    asked.offer(terms(db.session), today())
    step = request.form.get("schritt", "pruefen")
    refused_files = keep_files(asked)
    if step == "aendern":
        return _form_page(asked, show_topics=True)
    asked.validate()
    if refused_files:
        asked.files.errors = [*asked.files.errors, *refused_files]
    if asked.errors:
        return _refused(asked)
    if step == "senden":
        return _send(asked)
    return render_template("intake/check.html", form=asked, kept=kept_files(asked))


def _form_page(asked: InquiryForm, number: str = "", *, show_topics: bool = False) -> str:
    return _page(asked, _fields(asked, show_topics=show_topics), number)


def _page(asked: OneTimeForm, fields: Markup, number: str = "") -> str:
    return render_template("intake/form.html", form=asked, fields=fields, number=number)


def _fields(asked: InquiryForm, *, show_topics: bool) -> Markup:
    shown = render_template(
        "intake/_fields.html",
        form=asked,
        kept=kept_files(asked),
        show_topics=show_topics or asked.topic.data or asked.topic.errors,
        hints={topic.key: topic.description for topic in terms(db.session).topics},
    )
    return Markup(shown)  # noqa: S704 - a template's output, which is escaped already


def _empty_fields() -> Markup:
    """Return the fields as everybody finds them: rendered once in each language.

    They are three quarters of the work for the page, and the same until the catalogue changes.
    """
    known = _empty(db.session)
    if language() not in known or current_app.debug:
        asked = InquiryForm()
        asked.offer(terms(db.session), today())
        known[language()] = _fields(asked, show_topics=False)
    return known[language()]


def _none_yet(_session: Session) -> dict[str, Markup]:
    return {}


_empty = Snapshot(_none_yet)


def _refused(asked: InquiryForm) -> ResponseReturnValue:
    status, number = refusal_of(asked)
    return _form_page(asked, number), status


def _send(asked: InquiryForm) -> ResponseReturnValue:
    if not filings.take():
        return _form_page(asked, refused_as_too_many(asked)), 429
    with asked.refusals(), transaction(db.session):
        submission = asked.submission(
            find_municipality(asked.municipality.data),
            uploads.hand_over(db.session, asked.key),
        )
        receipt = receive(db.session, submission, by=None, now=clock.now())
    if asked.errors:
        return _refused(asked)
    remove_bytes(receipt.spare)
    session[FILED] = receipt.status_url
    return redirect(url_for(".filed"), 303)


@bp.get("/anfrage/eingegangen")
@open_to_all
def filed() -> ResponseReturnValue:
    """Say that it has arrived: under which reference, who answers, by when."""
    status_url = session.get(FILED, "")
    inquiry = casefile.inquiry_of_link(db.session, status_url.rpartition("/")[2])
    if inquiry is None:
        return redirect(url_for(".form"))
    house = directory(db.session)
    page = render_template(
        "intake/filed.html",
        inquiry=inquiry,
        status_url=status_url,
        person=house.people.get(inquiry.assignee_id or 0),
        carrier=house.carriers[inquiry.carrier_id],
        topic=terms(db.session).topic(inquiry.topic_id),
    )
    return page, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
