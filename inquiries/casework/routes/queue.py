"""The list of inquiries, and taking one over from it."""

from __future__ import annotations

import re
import typing as t

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from inquiries.accounts.directory import directory
from inquiries.accounts.models import Role
from inquiries.casefile import queries
from inquiries.casefile.access import find_visible
from inquiries.casefile.queries import Sort, View
from inquiries.casefile.status import Status
from inquiries.casefile.terms import terms
from inquiries.casework import asked as addresses
from inquiries.casework import service
from inquiries.casework.routes.blueprint import bp
from inquiries.casework.rows import Printer
from inquiries.platform import Refused, clock
from inquiries.platform.db import transaction
from inquiries.platform.settings import settings
from inquiries.platform.web import db
from inquiries.platform.web.doors import door
from inquiries.platform.web.errors import log_reference
from inquiries.platform.workdays import local_day

if t.TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from inquiries.casework.asked import Asked

REFERENCE = re.compile(r"[A-Za-z0-9]+-\d{4}-\d{5,}")


@bp.get("/anfragen")
@door(Role.ADVISOR)
def queue() -> ResponseReturnValue:
    """Show the inquiries that somebody looks for."""
    now = clock.now()
    asked = addresses.read(db.session, request.args, day=local_day(now, settings().zone))
    typed = asked.wanted.typed
    if REFERENCE.fullmatch(typed) and find_visible(db.session, current_user, typed.upper()):
        return redirect(url_for(".inquiry", reference=typed.upper()))
    counts = queries.counts(db.session, current_user, now=now)
    page = queries.page(db.session, current_user, asked.wanted, now=now)
    house, words = directory(db.session), terms(db.session)
    base = url_for(".queue")
    return render_template(
        "casework/queue.html",
        asked=asked,
        counts=counts,
        page=page,
        rows=Printer(house, words, now).rows(page.lines),
        base=base,
        here=f"{base}?{asked.query()}",
        all_url=f"{base}?{asked.query(view=View.ALL)}",
        sort_urls={sort: f"{base}?{asked.query(sort=sort)}" for sort in Sort},
        newer_url=_edge(asked, page, base, first=True),
        older_url=_edge(asked, page, base, first=False),
        topics=[topic for topic in words.topics if topic.active],
        people=[person for person in house.people.values() if person.active],
        statuses=list(Status),
        now=now,
    )


def _edge(asked: Asked, page: queries.Page, base: str, *, first: bool) -> str:
    """Return the address of the page before or after this one, empty where there is none."""
    if not page.lines or not (page.newer if first else page.older):
        return ""
    place = addresses.cursor(page.position(0 if first else -1, asked.wanted.sort))
    turned = asked.query(before=place) if first else asked.query(after=place)
    return f"{base}?{turned}"


@bp.post("/anfragen/uebernehmen")
@door(Role.ADVISOR)
def take_from_list() -> ResponseReturnValue:
    """Take over an inquiry that nobody has, and stay in the list."""
    reference = request.form.get("reference", "")
    try:
        with transaction(db.session) as session:
            inquiry = find_visible(session, current_user, reference)
            if inquiry is None:
                abort(404)
            service.take_over(session, inquiry, None, by=current_user, now=clock.now())
    except Refused as refusal:
        log_reference(refusal.status, reference=reference, sentence=refusal.sentence)
        flash(_(refusal.sentence), "warning")
    else:
        flash(_("%(reference)s liegt jetzt bei Ihnen.", reference=reference), "success")
    known = (*addresses.FILTERS, "view", "sort", "after", "before")
    back = {name: text for name, text in request.args.items() if name in known}
    return redirect(url_for(".queue", **t.cast("t.Any", back)), 303)
