"""The front door: every inquiry comes in through `receive`, whatever way it took.

form, phone note, import, API (and mail) make a `Submission` of what they have; here it becomes a
file with a reference, a topic with reasons, somebody who takes care with reasons, a due date, and
letters in the outbox, all in the caller's transaction.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

import sqlalchemy as sa

from inquiries.accounts.directory import directory
from inquiries.casefile import history
from inquiries.casefile import service as casefile
from inquiries.casefile.models import Channel, Inquiry
from inquiries.casefile.terms import terms
from inquiries.casework.assignment import route
from inquiries.classification import service as classification
from inquiries.intake.uploads import tell_apart
from inquiries.mail import outbox
from inquiries.platform import Refused
from inquiries.platform.settings import settings
from inquiries.platform.workdays import due_at, local_day

if t.TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from inquiries.accounts.actors import Actor
    from inquiries.accounts.directory import Directory, PersonEntry
    from inquiries.casefile.service import Upload
    from inquiries.classification.engine import Verdict

SUBJECT_MAX = 300
BODY_MAX = 50_000
MORE_FILES = "Weitere Anlagen zu meiner Anfrage."


@dataclass(frozen=True)
class Submission:
    """What somebody asks, already validated by the way it came in.

    Args:
        intake_key: the same key arrives once; a second one gets the first one's receipt.
        topic: key of the topic if the requester chose one; empty: the classifier decides.
        confirm: send the requester a confirmation by mail, if there is an address.
        notify: send a notice to the person who gets it.
        assign_to: a colleague's id if a person decided who gets it; None: the rules decide.
    """

    subject: str
    body: str
    channel: Channel
    requester_name: str
    requester_email: str = ""
    requester_phone: str = ""
    organisation: str = ""
    own_reference: str = ""
    wished_for: date | None = None
    municipality_id: int | None = None
    municipality_name: str = ""
    group: str = ""
    topic: str = ""
    kind: str = ""
    intake_key: str | None = None
    received_at: datetime | None = None
    uploads: tuple[Upload, ...] = ()
    confirm: bool = True
    notify: bool = True
    assign_to: int | None = None


@dataclass(frozen=True)
class Receipt:
    """What the requester gets to know.

    Args:
        repeated: it came in before; nothing new was opened.
        spare: uploads that the file holds already; their bytes may go after the commit.
    """

    inquiry: Inquiry
    status_url: str
    repeated: bool
    spare: tuple[Upload, ...] = ()


def receive(
    session: Session, submission: Submission, *, by: Actor | None, now: datetime
) -> Receipt:
    """Take in an inquiry; the same `intake_key` again gets the receipt of the first one.

    Raises:
        Refused: when subject or text is empty or too long, or what was chosen does not exist.
    """
    _check(session, submission)
    house = directory(session)
    at = submission.received_at or now
    day = local_day(at, settings().zone)
    verdict = classification.judge(
        session, submission.subject, submission.body, organisation=submission.organisation
    )
    # The counter's row is ours until the commit. Whoever files the same at this very moment waits
    # here, and finds it afterwards.
    reference = casefile.next_reference(session, house.centre.short_name, day)
    if submission.intake_key and (earlier := find_received(session, submission.intake_key)):
        casefile.take_back_reference(session, day)
        return _receive_again(session, earlier, submission, now=now)
    with session.no_autoflush:
        inquiry = casefile.open_file(
            session, reference, _opening(session, submission, house, at), by=by
        )
        _decide_topic(session, inquiry, submission, verdict, now=at)
        if submission.assign_to:
            _hand_over(session, inquiry, house.people[submission.assign_to], by=by, now=at)
        else:
            route(session, inquiry, f"{submission.subject}\n{submission.body}", by=None, now=at)
    status_url = casefile.issue_status_link(session, inquiry, now=now)
    _write_letters(session, inquiry, submission, status_url, by=by, now=now)
    casefile.file_away(session, inquiry, submission.body)
    return Receipt(inquiry, status_url, repeated=False)


def _receive_again(
    session: Session, earlier: Inquiry, submission: Submission, *, now: datetime
) -> Receipt:
    """Return a receipt for what came in before; files that are new to it are added to it."""
    new, spare = tell_apart(session, earlier, submission.uploads)
    if new:
        casefile.add_question(
            session, earlier, MORE_FILES, channel=submission.channel, uploads=new, now=now
        )
    status_url = casefile.issue_status_link(session, earlier, now=now)
    return Receipt(earlier, status_url, repeated=True, spare=tuple(spare))


def _opening(
    session: Session, submission: Submission, house: Directory, at: datetime
) -> casefile.Opening:
    words = terms(session)
    kind = words.kind(submission.kind)
    group = words.group(submission.group)
    return casefile.Opening(
        subject=submission.subject,
        body=submission.body,
        channel=submission.channel,
        requester_name=submission.requester_name,
        requester_email=submission.requester_email,
        requester_phone=submission.requester_phone,
        organisation=submission.organisation,
        own_reference=submission.own_reference,
        wished_for=submission.wished_for,
        municipality_id=submission.municipality_id,
        municipality_name=submission.municipality_name,
        requester_group_id=group.id if group else None,
        kind_id=kind.id if kind else None,
        intake_key=submission.intake_key,
        carrier_id=house.centre.fallback_carrier_id,
        received_at=at,
        due_at=due_at(at, house.centre.answer_days, house.calendar),
        uploads=submission.uploads,
    )


def find_received(session: Session, intake_key: str) -> Inquiry | None:
    """Return the inquiry that came in under this key before."""
    # Only the id: nearly always there is none, and a whole row costs more to ask for.
    found = session.scalar(sa.select(Inquiry.id).where(Inquiry.intake_key == intake_key))
    return session.get_one(Inquiry, found) if found else None


def _check(session: Session, submission: Submission) -> None:
    if not submission.subject:
        sentence = "Bitte geben Sie einen Betreff an."
        raise Refused(sentence, field="subject")
    if not submission.body:
        sentence = "Bitte schreiben Sie, worum es geht."
        raise Refused(sentence, field="body")
    if len(submission.subject) > SUBJECT_MAX:
        sentence = f"Der Betreff ist zu lang; erlaubt sind {SUBJECT_MAX} Zeichen."
        raise Refused(sentence, field="subject")
    if len(submission.body) > BODY_MAX:
        sentence = "Der Text ist zu lang; erlaubt sind 50.000 Zeichen."
        raise Refused(sentence, field="body")
    known = {topic.key for topic in terms(session).topics if topic.active}
    if submission.topic and submission.topic not in known:
        sentence = "Dieses Themenfeld gibt es nicht."
        raise Refused(sentence, field="topic")
    if submission.assign_to:
        person = directory(session).people.get(submission.assign_to)
        if person is None or not person.active:
            sentence = "Diese Person arbeitet nicht mehr hier."
            raise Refused(sentence, field="assign_to")


def _decide_topic(
    session: Session,
    inquiry: Inquiry,
    submission: Submission,
    verdict: Verdict,
    *,
    now: datetime,
) -> None:
    """Set the topic: the requester's choice, or the classifier's where it is sure enough."""
    sure = verdict.confidence >= classification.CONFIDENCE_TO_DECIDE
    words = terms(session)
    inquiry.suggested_topic = verdict.topic
    inquiry.confidence = verdict.confidence
    inquiry.topic_reasons = list(verdict.reasons)
    inquiry.topic_alternatives = [[other.topic, other.confidence] for other in verdict.alternatives]
    chosen = words.topic(submission.topic)
    if chosen:
        inquiry.topic_id = chosen.id
        inquiry.topic_source = "requester"
        because = "So hat es die anfragende Stelle angegeben."
    elif (judged := words.topic(verdict.topic)) and judged.active and sure:
        chosen = judged
        inquiry.topic_id = judged.id
        inquiry.topic_source = "classifier"
        because = explain(verdict)
    if chosen:
        entry: object = history.Classified(topic=chosen.name, because=because)
    else:
        entry = history.TopicUnclear(because=explain(verdict))
    history.record(session, inquiry, entry, by=None, now=now)


def explain(verdict: Verdict) -> str:
    """Return a verdict's reasons as a German sentence."""
    sure = f"Sicherheit {round(verdict.confidence * 100)} %"
    if not verdict.reasons:
        return f"Kein Wort spricht deutlich für ein Themenfeld ({sure})."
    return f"Ausschlaggebend: {', '.join(verdict.reasons)} ({sure})."


def _hand_over(
    session: Session, inquiry: Inquiry, person: PersonEntry, *, by: Actor | None, now: datetime
) -> None:
    """Give the inquiry to whom a colleague named when she took it in."""
    if by and by.id == person.id:
        because = f"{person.name} hat die Anfrage selbst angenommen."
    else:
        because = f"So angegeben von {by.name if by else 'der anfragenden Stelle'} bei der Annahme."
    carrier = directory(session).carriers[person.carrier_id]
    casefile.hand_to(session, inquiry, carrier, person, [because], by=by, now=now)


def _write_letters(
    session: Session,
    inquiry: Inquiry,
    submission: Submission,
    status_url: str,
    *,
    by: Actor | None,
    now: datetime,
) -> None:
    house = directory(session)
    person = house.people.get(inquiry.assignee_id or 0)
    topic = terms(session).topic(inquiry.topic_id)
    facts = {
        "centre": house.centre,
        "inquiry": inquiry,
        "question": submission.body,
        "attachments": [upload.filename for upload in submission.uploads],
        "topic": topic.name if topic else "",
        "person": person,
        "carrier": house.carriers[inquiry.carrier_id],
    }
    if submission.confirm and inquiry.requester_email:
        outbox.queue(
            session,
            "confirmation",
            outbox.Recipient(inquiry.requester_email, inquiry.requester_name),
            {**facts, "status_url": status_url},
            about=inquiry.reference,
            now=now,
        )
    if person and submission.notify and (by is None or person.id != by.id):
        outbox.queue(
            session,
            "notice_to_advisor",
            outbox.Recipient(person.email, person.name),
            {**facts, "url": f"{settings().base_url}/anfragen/{inquiry.reference}"},
            about=inquiry.reference,
            now=now,
        )
