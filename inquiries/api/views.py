"""The API's views: /api/v1."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from flask import g, request
from flask_limiter.util import get_remote_address
from flask_smorest import Blueprint
from sqlalchemy.exc import IntegrityError

from inquiries.accounts import municipalities
from inquiries.accounts.directory import directory
from inquiries.api import lists, represent, schemas, service
from inquiries.api.entry import caller, machine, needs
from inquiries.api.parsing import StrictParser
from inquiries.api.problems import Problem, answer_problem, answer_refusal
from inquiries.api.tokens import Scope
from inquiries.casefile import access, queries
from inquiries.casefile import service as casefile
from inquiries.casefile.models import Channel, Inquiry
from inquiries.casefile.terms import terms
from inquiries.intake.service import Receipt, Submission, receive
from inquiries.platform import Outdated, Refused, clock
from inquiries.platform.db import transaction
from inquiries.platform.settings import settings
from inquiries.platform.web import csrf, db, limiter
from inquiries.platform.workdays import local_day

if t.TYPE_CHECKING:
    from flask import Response
    from sqlalchemy.orm import Session

Json = dict[str, t.Any]

v1 = Blueprint("api_v1", __name__, description="Inquiries to the advice centre.")
v1.ARGUMENTS_PARSER = StrictParser()
v1.register_error_handler(Problem, answer_problem)
v1.register_error_handler(Refused, answer_refusal)
csrf.exempt(v1)
limiter.limit("6000/minute", key_func=caller)(v1)
limiter.limit(
    "60/minute", key_func=get_remote_address, deduct_when=lambda answer: answer.status_code == 401
)(v1)

IDEMPOTENCY = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    "description": "Any text of your own, new for each inquiry; the same one files only once.",
}


@v1.after_request
def _keep_private(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer


@v1.post("/inquiries")
@needs(Scope.WRITE)
@v1.doc(parameters=[IDEMPOTENCY])
@v1.arguments(schemas.InquiryIn)
@v1.response(201, schemas.Receipt)
@v1.alt_response(200, schema=schemas.Receipt, description="Filed before", success=True)
def file_inquiry(data: Json) -> tuple[Json, int, dict[str, str]]:
    """File an inquiry.

    It goes the same way as one from the form: topic, assignee and due date are decided at once,
    with reasons. The same `Idempotency-Key` or `external_id` again answers 200 with the first one.
    """
    receipt = _received(_submission(db.session, data))
    inquiry = receipt.inquiry
    body = represent.with_reasons(db.session, inquiry) | {"status_url": receipt.status_url}
    headers = {"Location": f"{settings().base_url}/api/v1/inquiries/{inquiry.reference}"}
    return body, 200 if receipt.repeated else 201, headers


def _submission(session: Session, data: Json) -> Submission:
    kind = data["kind"] or ""
    if kind and terms(session).kind(kind) is None:
        raise Refused("Diese Art des Anliegens gibt es nicht.", field="kind")
    typed = data["municipality"] or ""
    found = None
    if typed:
        day = local_day(clock.now(), settings().zone)
        found = municipalities.find(session, typed, day)
    return Submission(
        subject=data["subject"],
        body=data["body"],
        channel=Channel(data["channel"]),
        requester_name=data["from_name"],
        requester_email=data["from_email"] or "",
        organisation=data["organisation"] or "",
        municipality_id=found.id if found else None,
        municipality_name=found.short_name if found else typed,
        topic=data["topic"] or "",
        kind=kind,
        intake_key=_intake_key(data["external_id"] or ""),
    )


def _intake_key(external_id: str) -> str | None:
    """Name what may be filed once; an import of the same `external_id` counts as the same."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not re.fullmatch(r"[\x21-\x7e][\x20-\x7e]{0,199}", key):
        raise Problem(422, "Idempotency-Key: 1 to 200 visible ASCII characters.")
    if external_id:
        return f"import:{external_id}"
    return f"api:{g.token_id}:{key}" if key else None


def _received(submission: Submission) -> Receipt:
    """Take the inquiry in; who loses a race for the same key gets the winner's receipt."""
    try:
        with transaction(db.session) as session:
            return receive(session, submission, by=machine(), now=clock.now())
    except IntegrityError:
        if submission.intake_key is None:
            raise
    with transaction(db.session) as session:
        return receive(session, submission, by=machine(), now=clock.now())


@v1.get("/inquiries")
@needs(Scope.READ)
@v1.arguments(schemas.Wanted, location="query")
@v1.response(200, schemas.Page)
def list_inquiries(asked: Json) -> Json:
    """List inquiries, the newest first, page by page."""
    now = clock.now()
    wanted = lists.read(db.session, asked, now=now)
    page = queries.page(db.session, machine(), wanted, now=now, size=asked["limit"])
    return {
        "items": [represent.item(db.session, line) for line in page.lines],
        "next_cursor": lists.cursor(page.position(-1, wanted.sort)) if page.older else None,
    }


@v1.get("/inquiries/<reference>")
@needs(Scope.READ)
@v1.response(200, schemas.File)
def show_inquiry(reference: str) -> Json:
    """Show an inquiry with its messages and its history."""
    return represent.file(db.session, _found(db.session, reference))


@v1.patch("/inquiries/<reference>")
@needs(Scope.WRITE)
@v1.arguments(schemas.Change)
@v1.response(200, schemas.File)
def change_inquiry(data: Json, reference: str) -> Json:
    """Change status, topic or assignee.

    409 when somebody else has changed the inquiry since you read it: the problem carries the
    `version` in force. 409 also when no way leads to that status.
    """
    with transaction(db.session) as session:
        inquiry = _found(session, reference, to_write=True)
        try:
            casefile.expect_version(inquiry, data["version"])
        except Outdated as outdated:
            raise Problem(409, outdated.sentence, version=inquiry.version) from None
        service.change(session, inquiry, data, by=machine(), now=clock.now())
    return represent.file(db.session, inquiry)


@v1.post("/inquiries/<reference>/messages")
@needs(Scope.WRITE)
@v1.arguments(schemas.MessageIn)
@v1.response(201, schemas.MessageOut)
def add_message(data: Json, reference: str) -> Json:
    """Answer the requester (public), or leave a note for the centre (internal)."""
    with transaction(db.session) as session:
        inquiry = _found(session, reference, to_write=True)
        write = service.answer if data["visibility"] == schemas.PUBLIC else casefile.add_note
        message = write(session, inquiry, data["body"], by=machine(), now=clock.now())
    return {
        "id": message.id,
        "created_at": message.created_at,
        "author_name": message.author_name,
        "by_requester": message.by_requester,
        "internal": message.internal,
        "channel": message.channel,
        "body": message.body,
        "attachments": [],
    }


def _found(session: Session, reference: str, *, to_write: bool = False) -> Inquiry:
    """Return the inquiry; to write, as it stands now and held until the commit."""
    chosen = access.visible_to(machine()).where(Inquiry.reference == reference)
    if to_write:
        chosen = chosen.with_for_update().execution_options(populate_existing=True)
    # No reference looks like this, and PostgreSQL cannot even look for it.
    found = session.scalar(chosen) if reference.isprintable() else None
    if found is None:
        raise Problem(404, "There is no such inquiry.")
    return found


@v1.get("/topics")
@needs(Scope.READ)
@v1.response(200, schemas.listed(schemas.TopicOut))
def list_topics() -> Json:
    """List the topics, also the ones that are no longer in use."""
    return {"items": terms(db.session).topics}


@v1.get("/staff")
@needs(Scope.READ)
@v1.response(200, schemas.listed(schemas.PersonOut))
def list_staff() -> Json:
    """List the members of staff."""
    house = directory(db.session)
    return {
        "items": [
            {**dataclasses.asdict(person), "carrier": house.carriers[person.carrier_id].key}
            for person in house.people.values()
        ]
    }


@v1.get("/municipalities")
@needs(Scope.READ)
@v1.response(200, schemas.listed(schemas.MunicipalityOut))
def list_municipalities() -> Json:
    """List the municipalities that exist today."""
    day = local_day(clock.now(), settings().zone)
    return {"items": municipalities.valid_on(db.session, day)}
