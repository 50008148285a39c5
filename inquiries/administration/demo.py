"""Demo inquiries with conversation and history, up to a million, the same for the same seed.

A small number is played through the services, at the moments at which it would have happened, so
that it can show nothing that the product cannot reach. A large one is written as rows.
"""

from __future__ import annotations

import json
import random
import typing as t
from pathlib import Path

import sqlalchemy as sa

from inquiries.accounts import municipalities
from inquiries.accounts.directory import directory
from inquiries.accounts.models import User
from inquiries.administration import demo_bulk, demo_people, demo_story, demo_texts
from inquiries.administration.demo_bulk import LEADS_TO, Desk
from inquiries.administration.demo_story import Deed, Source, Step, Story
from inquiries.casefile import tally
from inquiries.casefile.models import Channel, Inquiry
from inquiries.casefile.terms import terms
from inquiries.casework import service as casework
from inquiries.classification.models import TopicExample
from inquiries.intake import replies
from inquiries.intake import service as intake
from inquiries.mail.models import MailState, OutgoingMail
from inquiries.platform import Refused
from inquiries.platform.db import transaction
from inquiries.platform.settings import settings
from inquiries.routing import service as routing

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

SAMPLES = Path(__file__).parents[2] / "catalogues" / "examples" / "samples.jsonl"
PLAYED_AT_MOST = 150
CHUNK = 2000
FOLD_EVERY = 5
NOT_SENT = "Demo-Anfrage: Es wird keine E-Mail versendet."


def fill(
    session: Session,
    count: int,
    seed: int,
    *,
    now: datetime,
    add: bool = False,
    progress: Callable[[int], None] = lambda _made: None,
) -> int:
    """Make demo inquiries, a transaction for each part; returns how many are new.

    An interrupted run can be repeated: what is there already is left alone.

    Raises:
        Refused: when there are demo inquiries of another seed and `add` is not set, or all of
            this seed are there already.
    """
    there = _numbers_there(session, seed)
    if len(there) >= count:
        raise Refused(f"Die Datenbank enthält schon {len(there)} Demo-Anfragen mit diesem Seed.")
    others = _count_of_other_seeds(session, seed)
    if others and not add:
        raise Refused(f"Die Datenbank enthält schon {others} Demo-Anfragen mit anderem Seed.")
    with transaction(session):
        coordinator = demo_people.ensure_people(session, with_passwords=settings().demo).id
    stories = (story for story in _stories(session, count, seed, now) if story.number not in there)
    if count <= PLAYED_AT_MOST:
        for story in stories:
            with transaction(session):
                play(session, story, seed, session.get_one(User, coordinator))
            progress(1)
        return count - len(there)
    desk = Desk(session, coordinator, seed)
    for number, chunk in enumerate(_chunks(stories)):
        with transaction(session):
            demo_bulk.write(session, desk, chunk)
            if number % FOLD_EVERY == 0:
                tally.fold(session)
        progress(len(chunk))
    with transaction(session):
        tally.fold(session)
        session.execute(sa.text("ANALYZE"))
    return count - len(there)


def key_of(seed: int, number: int) -> str:
    """Return the intake key of a demo inquiry."""
    return f"demo:{seed}:{number}"


def _numbers_there(session: Session, seed: int) -> set[int]:
    prefix = key_of(seed, 0)[:-1]
    found = session.scalars(
        sa.select(Inquiry.intake_key).where(Inquiry.intake_key.startswith(prefix))
    )
    return {int(key.rsplit(":", 1)[1]) for key in found if key}


def _count_of_other_seeds(session: Session, seed: int) -> int:
    others = sa.select(sa.func.count()).where(
        Inquiry.intake_key.startswith("demo:"),
        Inquiry.intake_key.not_like(f"demo:{seed}:%"),
    )
    return session.scalar(others) or 0


def _stories(session: Session, count: int, seed: int, now: datetime) -> Iterator[Story]:
    calendar = directory(session).calendar
    texts = demo_texts.load()
    today = now.astimezone(calendar.zone).date()
    offered = [option.short_name for option in municipalities.options(session, today)]
    sources = samples()
    random.Random(f"{seed}:order").shuffle(sources)  # noqa: S311 - demo data
    if count > len(sources):
        sources += _examples(session, {source.body for source in sources})
    for number, moment in enumerate(demo_story.moments(count, seed, now, calendar)):
        yield demo_story.tell(
            number,
            moment,
            texts=texts,
            sources=sources,
            towns=offered or texts.municipalities,
            count=count,
            seed=seed,
            now=now,
            calendar=calendar,
        )


def samples() -> list[Source]:
    """Return the sample inquiries that come with the product."""
    found = []
    for line in SAMPLES.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        found.append(
            Source(
                topic=row["topic"],
                subject=row["subject"],
                body=row["body"],
                channel=row["channel"],
                requester_name=row["from_name"],
                requester_email=row["from_email"],
                organisation=row["organisation"],
                municipality=row["municipality"],
            )
        )
    return found


def _examples(session: Session, known: set[str]) -> list[Source]:
    found = []
    for row in session.scalars(sa.select(TopicExample).order_by(TopicExample.id)):
        subject, _, body = row.text.partition("\n")
        if body.strip() and body.strip() not in known and len(subject) <= intake.SUBJECT_MAX:
            found.append(Source(row.topic_key, subject.strip(), body.strip()))
    return found


def _chunks(stories: Iterator[Story]) -> Iterator[list[Story]]:
    chunk: list[Story] = []
    for story in stories:
        chunk.append(story)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def play(session: Session, story: Story, seed: int, coordinator: User) -> Inquiry:
    """Let a story happen: the inquiry comes in at the front door, people do their deeds."""
    calendar = directory(session).calendar
    day = story.received_at.astimezone(calendar.zone).date()
    town = municipalities.find(session, story.town, day) if story.town else None
    inquiry = intake.receive(
        session,
        intake.Submission(
            subject=story.source.subject,
            body=story.body,
            channel=Channel(story.channel),
            requester_name=story.requester_name,
            requester_email=story.requester_email,
            organisation=story.organisation,
            municipality_id=town.id if town else None,
            municipality_name=story.town,
            intake_key=key_of(seed, story.number),
            received_at=story.received_at,
        ),
        by=None,
        now=story.received_at,
    ).inquiry
    for step in story.steps:
        _do(session, inquiry, story, step, coordinator)
    session.flush()
    # Whatever is configured: nobody gets mail because of a demonstration.
    session.execute(
        sa.update(OutgoingMail)
        .where(OutgoingMail.about == inquiry.reference, OutgoingMail.state == MailState.QUEUED)
        .values(state=MailState.SUPPRESSED, reason=NOT_SENT)
    )
    return inquiry


def _do(session: Session, inquiry: Inquiry, story: Story, step: Step, coordinator: User) -> None:
    by = session.get_one(User, inquiry.assignee_id) if inquiry.assignee_id else coordinator
    now, text, version = step.at, step.text, inquiry.version
    if step.deed == Deed.SORT:
        _sort(session, inquiry, story, by, now)
    elif step.deed == Deed.REPLY:
        key = f"{story.number}"
        replies.receive_reply(session, inquiry, text, key=key, uploads=(), now=now)
    elif step.deed in {Deed.ASK_BACK, Deed.ANSWER}:
        answer = casework.Answer(version, text, LEADS_TO[step.deed])
        casework.answer(session, inquiry, answer, by=by, now=now)
    else:
        if step.deed in {Deed.NOTE, Deed.WAIT_FOR_THIRD_PARTY}:
            casework.note(session, inquiry, casework.Note(version, text), by=by, now=now)
        if new := LEADS_TO.get(step.deed):
            session.flush()
            move = casework.Move(inquiry.version, new)
            casework.move(session, inquiry, move, by=by, now=now)
    session.flush()


def _sort(session: Session, inquiry: Inquiry, story: Story, by: User, now: datetime) -> None:
    """Let a person correct the topic, and give what lies in a queue to somebody."""
    right = terms(session).topic(story.source.topic)
    if right and right.id != inquiry.topic_id:
        correction = casework.Correction(inquiry.version, right.key, reroute=False)
        casework.correct_topic(session, inquiry, correction, by=by, now=now)
        session.flush()
    if inquiry.assignee_id is None:
        house, rules = directory(session), routing.rules(session)
        busy = demo_bulk.open_cases(session)
        topic = right.key if right else ""
        taker, because = demo_bulk.taken_by(house, rules, topic, busy, by.id)
        handover = casework.Handover(inquiry.version, because, person_id=taker.id)
        casework.hand_over(session, inquiry, handover, by=by, now=now)
