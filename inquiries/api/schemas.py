"""What goes over the wire: names and limits of fields, as the OpenAPI document shows them."""

from __future__ import annotations

import typing as t

import marshmallow as ma
from marshmallow import fields, validate

from inquiries.casefile.models import Channel
from inquiries.casefile.status import Status
from inquiries.intake.checks import email_fault
from inquiries.intake.importing import CHANNELS
from inquiries.intake.service import BODY_MAX, SUBJECT_MAX
from inquiries.platform.web.forms import LINE_MAX, clean_line, clean_text

MOST = 100
USUAL = 50
STATES = [str(status) for status in Status]
PUBLIC = "public"
INTERNAL = "internal"


class Line(fields.String):
    """One line of text, cleaned as the form cleans it."""

    def _deserialize(self, value: object, *args: t.Any, **kwargs: t.Any) -> str:
        return clean_line(super()._deserialize(value, *args, **kwargs))


class Text(fields.String):
    """Text of several lines, cleaned as the form cleans it."""

    def _deserialize(self, value: object, *args: t.Any, **kwargs: t.Any) -> str:
        return clean_text(super()._deserialize(value, *args, **kwargs))


def _line(limit: int = LINE_MAX, **about: t.Any) -> Line:
    """Declare a line that may be missing or null."""
    return Line(
        load_default="", allow_none=True, validate=validate.Length(max=limit), metadata=about
    )


class InquiryIn(ma.Schema):
    """A new inquiry."""

    subject = Line(required=True, validate=validate.Length(1, SUBJECT_MAX))
    body = Text(required=True, validate=validate.Length(1, BODY_MAX))
    from_name = Line(required=True, validate=validate.Length(1, LINE_MAX))
    from_email = _line(254, description="May be missing only if the channel is phone.")
    organisation = _line()
    municipality = _line(description="Official key (AGS), postcode or name; else kept as written.")
    topic = _line(description="Key of a topic; without it the classifier decides.")
    kind = _line(description="Key of what is wanted.")
    channel = fields.String(
        load_default=str(Channel.API), validate=validate.OneOf([*map(str, CHANNELS)])
    )
    external_id = _line(
        200, description="Your number of this inquiry; the same one is never filed twice."
    )

    @ma.validates_schema
    def _someone_to_answer(self, data: dict[str, t.Any], **_kwargs: t.Any) -> None:
        address = data["from_email"]
        if not address and data["channel"] == Channel.PHONE:
            return
        if not address:
            raise ma.ValidationError("Missing data for required field.", "from_email")
        if email_fault(address):
            raise ma.ValidationError("Not a valid email address.", "from_email")


class Change(ma.Schema):
    """What is to change; `version` is the one that you have seen."""

    version = fields.Integer(required=True, strict=True)
    status = fields.String(validate=validate.OneOf(STATES))
    topic = Line(validate=validate.Length(1, LINE_MAX))
    assignee = fields.String(
        allow_none=True, metadata={"description": "Key or address of a colleague; null: the queue."}
    )


class MessageIn(ma.Schema):
    """An answer to the requester, or a note for the centre."""

    body = Text(required=True, validate=validate.Length(1, BODY_MAX))
    visibility = fields.String(required=True, validate=validate.OneOf([PUBLIC, INTERNAL]))


class Wanted(ma.Schema):
    """What a list is narrowed to."""

    status = fields.String(validate=validate.OneOf(STATES))
    topic = _line(description="Key of a topic; none: without a topic.")
    assignee = _line(description="Key or address of a colleague; none: in a queue.")
    municipality = _line(description="Official key (AGS), postcode or name.")
    q = _line(description="Words that must occur anywhere in the file.")
    since = _line(40, description="Received at or after: 2026-11-23 or 2026-11-23T09:00:00Z.")
    cursor = _line(200, description="next_cursor of the page before.")
    limit = fields.Integer(load_default=USUAL, validate=validate.Range(1, MOST))


class Item(ma.Schema):
    """An inquiry in a list."""

    reference = fields.String()
    subject = fields.String()
    status = fields.String(validate=validate.OneOf(STATES))
    topic = fields.String(allow_none=True)
    topic_name = fields.String()
    assignee = fields.String(allow_none=True)
    assignee_name = fields.String()
    municipality = fields.String()
    received_at = fields.DateTime()
    due_at = fields.DateTime()


class Page(ma.Schema):
    """A page of a list; null as `next_cursor` says that it is the last one."""

    items = fields.List(fields.Nested(Item))
    next_cursor = fields.String(allow_none=True)


class Reasons(Item):
    """An inquiry with why it was decided so."""

    confidence = fields.Float(allow_none=True)
    reasons = fields.List(fields.String())
    assignment_reasons = fields.List(fields.String())


class Receipt(Reasons):
    """What became of a new inquiry."""

    status_url = fields.String()


class AttachmentOut(ma.Schema):
    """A file that belongs to a message."""

    filename = fields.String()
    content_type = fields.String()
    size = fields.Integer()
    sha256 = fields.String()


class MessageOut(ma.Schema):
    """A part of the conversation."""

    id = fields.Integer()
    at = fields.DateTime(attribute="created_at")
    author = fields.String(attribute="author_name")
    by_requester = fields.Boolean()
    internal = fields.Boolean()
    channel = fields.String()
    body = fields.String()
    attachments = fields.List(fields.Nested(AttachmentOut))


class EventOut(ma.Schema):
    """An entry of the history, with its German sentence."""

    at = fields.DateTime()
    kind = fields.String()
    sentence = fields.String()
    actor = fields.String()
    public = fields.Boolean()


class File(Reasons):
    """An inquiry with everything in it."""

    version = fields.Integer()
    channel = fields.String()
    kind = fields.String(allow_none=True)
    from_name = fields.String()
    from_email = fields.String()
    organisation = fields.String()
    municipality_ags = fields.String(allow_none=True)
    messages = fields.List(fields.Nested(MessageOut))
    history = fields.List(fields.Nested(EventOut))


class TopicOut(ma.Schema):
    """A topic."""

    key = fields.String()
    name = fields.String()
    description = fields.String()
    active = fields.Boolean()


class PersonOut(ma.Schema):
    """A member of staff."""

    key = fields.String()
    name = fields.String()
    email = fields.String()
    phone = fields.String()
    title = fields.String()
    carrier = fields.String()
    role = fields.String()
    active = fields.Boolean()


class MunicipalityOut(ma.Schema):
    """A municipality that exists today."""

    ags = fields.String()
    name = fields.String()
    short_name = fields.String()
    district = fields.String()
    postcode = fields.String()


class ErrorOut(ma.Schema):
    """One thing that is wrong with a request."""

    detail = fields.String()
    pointer = fields.String(metadata={"description": "Place in the body, such as #/subject."})
    parameter = fields.String(metadata={"description": "Name of the query's parameter."})


class ProblemOut(ma.Schema):
    """Why a request was refused (RFC 9457)."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    detail = fields.String()
    instance = fields.String(metadata={"description": "Number in the centre's log."})
    errors = fields.List(fields.Nested(ErrorOut))
    version = fields.Integer(metadata={"description": "The version in force, when yours is stale."})


def listed(schema: type[ma.Schema]) -> ma.Schema:
    """Return the schema of an answer that is a plain list of items."""
    items = fields.List(fields.Nested(schema))
    return ma.Schema.from_dict({"items": items}, name=f"{schema.__name__}List")()
