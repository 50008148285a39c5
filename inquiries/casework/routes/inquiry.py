"""The page of an inquiry, its attachments, and the page for two people at once."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa
from flask import abort, render_template, request, url_for
from flask import session as cookie
from flask_login import current_user
from wtforms import BooleanField, DateField, SelectField

from inquiries.accounts.directory import directory
from inquiries.accounts.models import Role
from inquiries.casefile.access import find_visible, visible_clause
from inquiries.casefile.models import CHANNEL_NAMES, Attachment, Channel, Inquiry
from inquiries.casefile.status import OPEN, Status, moves_from
from inquiries.casefile.terms import terms
from inquiries.casework import forms, reading
from inquiries.casework.routes.blueprint import bp
from inquiries.casework.rows import Clock
from inquiries.knowledge import service as knowledge
from inquiries.platform import clock
from inquiries.platform.web import db
from inquiries.platform.web.doors import door
from inquiries.platform.web.downloads import send_attachment
from inquiries.platform.web.errors import log_reference
from inquiries.platform.web.formatting import short_date
from inquiries.platform.web.language import translate
from inquiries.platform.workdays import local_day

if t.TYPE_CHECKING:
    from flask import Response
    from flask.typing import ResponseReturnValue
    from wtforms import Field

    from inquiries.accounts.directory import Directory
    from inquiries.casework.forms import DeskForm

DESK: dict[str, type[DeskForm]] = {
    "answer": forms.AnswerForm,
    "note": forms.NoteForm,
    "handover": forms.HandoverForm,
    "topic": forms.TopicForm,
    "due": forms.DueForm,
    "move": forms.MoveForm,
    "take": forms.TakeForm,
}
SENT = "sent"
"""Where the session keeps which draft has become a message."""


@bp.get("/anfragen/<reference>")
@door(Role.ADVISOR)
def inquiry(reference: str) -> ResponseReturnValue:
    """Show an inquiry with all that can be done about it."""
    return inquiry_page(find_or_404(reference))


@bp.get("/anfragen/<reference>/anlagen/<int:attachment_id>")
@door(Role.ADVISOR)
def attachment(reference: str, attachment_id: int) -> Response:
    """Hand out a file that belongs to an inquiry."""
    found = db.session.scalar(
        sa.select(Attachment)
        .join(Inquiry, Inquiry.id == Attachment.inquiry_id)
        .where(
            Attachment.id == attachment_id,
            Inquiry.reference == reference,
            visible_clause(current_user),
        )
    )
    if found is None:
        abort(404)
    return send_attachment(found.storage_key, found.filename, found.content_type)


def find_or_404(reference: str) -> Inquiry:
    """Return the inquiry; what somebody may not see does not exist for her."""
    found = find_visible(db.session, current_user, reference)
    if found is None:
        abort(404)
    return found


def posted_form(name: str) -> DeskForm:
    """Return the form of a deed with what was sent, and with all that may be chosen in it."""
    form = DESK[name]()
    if isinstance(form, forms.HandoverForm):
        form.offer(_receivers(directory(db.session)))
    if isinstance(form, forms.TopicForm):
        form.offer(terms(db.session).topics)
    return form


def _receivers(house: Directory) -> forms.Receivers:
    today = local_day(clock.now(), house.calendar.zone)
    away = {
        one.person_id: translate("abwesend bis %(day)s", day=short_date(one.last_day))
        for one in house.absences
        if one.first_day <= today <= one.last_day
    }
    people = [person for person in house.people.values() if person.active]
    return forms.receivers(house.carriers, people, away)


def inquiry_page(
    file: Inquiry, name: str = "", form: DeskForm | None = None, number: str = ""
) -> str:
    """Return the page; `form`, of the deed `name`, was just refused and keeps what was typed."""
    house, words = directory(db.session), terms(db.session)
    read = reading.read(db.session, file)
    status = Status(file.status)
    topic = words.topic(file.topic_id)
    likely = topic or words.topic(file.suggested_topic)
    similar = None
    if "aehnliche" in request.args:
        similar = knowledge.similar(db.session, current_user, file, read.question)
    return render_template(
        "casework/inquiry.html",
        inquiry=file,
        status=status,
        said=read.said,
        happened=read.happened[::-1],
        newest=read.newest,
        refused=name,
        form=form,
        number=number,
        modules=knowledge.text_modules(db.session, topic.key if topic else ""),
        receivers=_receivers(house),
        topics=[one for one in words.topics if one.active],
        topic=topic,
        picked=likely.key if likely else "",
        alternatives=_alternatives(file),
        kind=words.kind(file.kind_id),
        group=words.group(file.requester_group_id),
        channel=CHANNEL_NAMES[Channel(file.channel)],
        carrier=house.carriers[file.carrier_id],
        assignee=house.people.get(file.assignee_id or 0),
        due=Clock(house.calendar, clock.now()).due(status, file.due_at),
        due_day=local_day(file.due_at, house.calendar.zone),
        is_open=status in OPEN,
        moves=_moves(status),
        similar=similar,
        page_url=url_for(".inquiry", reference=file.reference),
        sent=cookie.pop(SENT, ""),
    )


WORTH_A_LOOK = 0.05
"""An alternative with less confidence is not offered."""


def _alternatives(file: Inquiry) -> list[tuple[t.Any, float]]:
    """Return the topics that the classifier seriously thought of, without the chosen one."""
    words = terms(db.session)
    considered = [[file.suggested_topic, file.confidence or 0.0], *file.topic_alternatives]
    found = [(words.topic(key), confidence) for key, confidence in considered]
    likely = [(topic, sure) for topic, sure in found if sure >= WORTH_A_LOOK]
    return [(topic, sure) for topic, sure in likely if topic and topic.id != file.topic_id][:3]


def _moves(status: Status) -> list[Status]:
    """Return where a click may lead; assigning and giving back ask for more than a click."""
    asks_more = {Status.ASSIGNED} if status == Status.SPAM else {Status.ASSIGNED, Status.NEW}
    return [new for new in moves_from(status) if new not in asks_more]


def said_already(file: Inquiry, name: str, form: DeskForm) -> bool:
    """Tell whether the person's own words stand there since she looked: a button clicked twice."""
    words = _words(form)
    return words is not None and any(
        (one.kind, one.author, one.text) == (name, current_user.name, words.data)
        for one in reading.since(db.session, file, form.seen.data or 0).said
    )


def conflict_page(file: Inquiry, name: str, form: DeskForm) -> ResponseReturnValue:
    """Show what the person wrote beside what happened meanwhile; she can send hers again."""
    number = log_reference(409, reference=file.reference, deed=name)
    seen = form.seen.data or 0
    since = reading.since(db.session, file, seen)
    page = render_template(
        "casework/conflict.html",
        inquiry=file,
        name=name,
        chosen=_chosen(form),
        words=_words(form),
        said=since.said,
        happened=since.happened[::-1],
        newest=since.newest or seen,
        number=number,
        sentence="",
    )
    return page, 409


def gone_page(reference: str, name: str, form: DeskForm) -> ResponseReturnValue:
    """Answer 404 for a file that the person does not see, and give her own words back to her."""
    words = _words(form)
    if words is None or not words.data:
        abort(404)
    number = log_reference(404, reference=reference, deed=name)
    page = render_template("casework/gone.html", words=words.data, number=number, sentence="")
    return page, 404


def _words(form: DeskForm) -> Field | None:
    return next((field for field in form if field.name in {"text", "because"}), None)


def _chosen(form: DeskForm) -> list[tuple[str, str, str]]:
    """Return what was chosen beside the words: name of the field, its value, and how it reads."""
    found = []
    for field in form:
        if isinstance(field, BooleanField) and field.data:
            found.append((field.name, "y", str(field.label.text)))
        elif isinstance(field, DateField) and field.data:
            found.append((field.name, field.data.isoformat(), short_date(field.data)))
        elif isinstance(field, SelectField) and field.data and field.name != "module":
            label = next((str(one.label.text) for one in field if one.checked), "")
            found.append((field.name, field.data, f"{field.label.text}: {label}" if label else ""))
    return found
