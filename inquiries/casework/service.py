"""What an advisor does with a file. Each deed says no with a sentence, or writes history and mail.

Every deed carries the version that the person saw; if the file has changed since, nothing happens
and `Outdated` goes up, so that she can look at both.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import timedelta

from inquiries.accounts.directory import directory
from inquiries.casefile import history
from inquiries.casefile import service as casefile
from inquiries.casefile.status import FINAL, OPEN, Status, may_move
from inquiries.casefile.terms import terms
from inquiries.casework.assignment import give, route_again, tell_new_advisor
from inquiries.mail import outbox
from inquiries.platform import Refused
from inquiries.platform.settings import settings
from inquiries.platform.workdays import end_of_day, local_day

if t.TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from inquiries.accounts.actors import Actor
    from inquiries.accounts.models import User
    from inquiries.casefile.models import Inquiry, Message

AFTER_ANSWER = (Status.ANSWERED, Status.WAITING_FOR_REQUESTER, Status.IN_PROGRESS)
"""Where an inquiry may stand after an answer; the first is the usual one."""
LATEST_DUE = timedelta(days=366)


@dataclass(frozen=True)
class Answer:
    """An answer, and how it goes on."""

    version: int
    text: str
    then: Status = Status.ANSWERED


@dataclass(frozen=True)
class Note:
    """A note for colleagues."""

    version: int
    text: str


@dataclass(frozen=True)
class Handover:
    """To whom a file goes, and why: a person, or the queue of a carrier."""

    version: int
    because: str
    person_id: int | None = None
    carrier_id: int | None = None


@dataclass(frozen=True)
class Move:
    """To which status a file goes."""

    version: int
    to: Status


@dataclass(frozen=True)
class Correction:
    """Which topic it is; `reroute`: let the rules say again who takes care."""

    version: int
    topic: str
    reroute: bool = True


@dataclass(frozen=True)
class DueDate:
    """By which day the answer is due, and why not as before."""

    version: int
    day: date
    because: str


def answer(session: Session, inquiry: Inquiry, data: Answer, *, by: User, now: datetime) -> Message:
    """Answer the requester; whoever answers first what nobody has takes it over.

    Raises:
        Refused: without text, and when the inquiry is closed or spam.
        Outdated: when somebody else was quicker.
    """
    casefile.expect_version(inquiry, data.version)
    if not data.text:
        raise Refused("Bitte schreiben Sie eine Antwort.", field="text")
    _expect_not_final(inquiry, "Nehmen Sie sie wieder auf, bevor Sie antworten.")
    if inquiry.assignee_id is None:
        _give_to(session, inquiry, by, f"{by.name} hat zuerst geantwortet.", now=now)
    message = casefile.add_answer(session, inquiry, data.text, by=by, now=now)
    _go_on_to(session, inquiry, data.then, by=by, now=now)
    _write_to_requester(
        session, inquiry, "answer", {"body": data.text, "author": by}, automatic=False, now=now
    )
    return message


def note(session: Session, inquiry: Inquiry, data: Note, *, by: Actor, now: datetime) -> Message:
    """Write down something for colleagues; the requester never sees it.

    Raises:
        Refused: without text.
        Outdated: when somebody else was quicker.
    """
    casefile.expect_version(inquiry, data.version)
    if not data.text:
        raise Refused("Bitte schreiben Sie eine Notiz.", field="text")
    return casefile.add_note(session, inquiry, data.text, by=by, now=now)


def take_over(
    session: Session, inquiry: Inquiry, seen: int | None, *, by: User, now: datetime
) -> None:
    """Take a file oneself.

    Args:
        session: inside a transaction.
        inquiry: the file.
        seen: the version that the person saw; None: she saw in a list that nobody had it.
        by: who takes it.
        now: when.

    Raises:
        Refused: when it is done, hers already, or (from a list) somebody has it by now.
        Outdated: when it has changed since she saw it.
    """
    if seen is not None:
        casefile.expect_version(inquiry, seen)
    if inquiry.assignee_id == by.id:
        raise Refused("Diese Anfrage liegt schon bei Ihnen.", status=409)
    if seen is None and inquiry.assignee_id is not None:
        holder = directory(session).people[inquiry.assignee_id].name
        sentence = f"{holder} hat {inquiry.reference} inzwischen übernommen."
        raise Refused(sentence, status=409)
    _expect_not_final(inquiry, "Nehmen Sie sie zuerst wieder auf.")
    _give_to(session, inquiry, by, f"{by.name} hat die Anfrage selbst übernommen.", now=now)


def hand_over(
    session: Session, inquiry: Inquiry, data: Handover, *, by: Actor, now: datetime
) -> None:
    """Give a file to a colleague or into a carrier's queue.

    Raises:
        Refused: without a reason, to nobody, to who has it, or when it is done.
        Outdated: when somebody else was quicker.
    """
    casefile.expect_version(inquiry, data.version)
    house = directory(session)
    person = house.people.get(data.person_id or 0)
    if data.person_id and (person is None or not person.active):
        raise Refused("Diese Person ist nicht mehr im Dienst.", field="to")
    carrier = house.carriers.get(person.carrier_id if person else data.carrier_id or 0)
    if carrier is None:
        raise Refused("Bitte wählen Sie, an wen die Anfrage gehen soll.", field="to")
    if inquiry.assignee_id == data.person_id and inquiry.carrier_id == carrier.id:
        raise Refused("Dort liegt die Anfrage schon.", field="to")
    if not data.because:
        raise Refused("Bitte schreiben Sie kurz, warum.", field="because")
    _expect_not_final(inquiry, "Nehmen Sie sie zuerst wieder auf.")
    because = [data.because]
    give(session, inquiry, carrier, person, because, by=by, now=now)
    tell_new_advisor(session, inquiry, because, by=by, now=now)


def move(session: Session, inquiry: Inquiry, data: Move, *, by: Actor, now: datetime) -> None:
    """Move a file to another status; tells the requester where that concerns her.

    Raises:
        Refused: when no way leads there.
        Outdated: when somebody else was quicker.
    """
    casefile.expect_version(inquiry, data.version)
    old = Status(inquiry.status)
    if data.to == old:
        raise Refused(f"Die Anfrage ist schon „{old.label}“.", status=409)
    if data.to == Status.ASSIGNED:
        raise Refused("Wählen Sie, an wen die Anfrage gehen soll.", field="to")
    if data.to == Status.NEW and old != Status.SPAM:
        raise Refused("Geben Sie die Anfrage dazu in einen Eingangskorb.", field="to")
    if not may_move(old, data.to):
        sentence = f"Von „{old.label}“ führt kein Weg nach „{data.to.label}“."
        raise Refused(sentence, status=409)
    needs_somebody = data.to in {Status.IN_PROGRESS, Status.ANSWERED}
    if inquiry.assignee_id is None and needs_somebody:
        _give_to(session, inquiry, by, f"{by.name} bearbeitet die Anfrage.", now=now)
    casefile.set_status(session, inquiry, data.to, by=by, now=now)
    if data.to == Status.NEW and inquiry.assignee_id is not None:
        casefile.set_status(session, inquiry, Status.ASSIGNED, by=by, now=now)
    if data.to in {Status.WAITING_FOR_REQUESTER, Status.CLOSED} or old == Status.CLOSED:
        _write_to_requester(session, inquiry, "status_change", {"status": data.to}, now=now)


def correct_topic(
    session: Session, inquiry: Inquiry, data: Correction, *, by: Actor, now: datetime
) -> bool:
    """Let a person decide the topic; returns whether the file has changed hands by that.

    Raises:
        Refused: when there is no such topic.
        Outdated: when somebody else was quicker.
    """
    casefile.expect_version(inquiry, data.version)
    topic = terms(session).topic(data.topic)
    if topic is None or not topic.active:
        raise Refused("Bitte wählen Sie ein Themenfeld.", field="topic")
    changed = casefile.correct_topic(session, inquiry, topic, by=by, now=now)
    if not changed or not data.reroute or inquiry.status not in OPEN:
        return False
    return route_again(session, inquiry, by=by, now=now)


def change_due_date(
    session: Session, inquiry: Inquiry, data: DueDate, *, by: Actor, now: datetime
) -> None:
    """Change the day by which the answer is due.

    Raises:
        Refused: without a reason, for a day that has passed or is more than a year away, for the
            same day, and when the inquiry is done.
        Outdated: when somebody else was quicker.
    """
    casefile.expect_version(inquiry, data.version)
    zone = settings().zone
    today, old = local_day(now, zone), local_day(inquiry.due_at, zone)
    if inquiry.status not in OPEN:
        raise Refused("Diese Anfrage ist erledigt; da ist nichts mehr fällig.", status=409)
    if data.day == old:
        raise Refused("An diesem Tag ist die Antwort schon fällig.", field="day")
    if data.day < today:
        raise Refused("Dieser Tag ist schon vorbei.", field="day")
    if data.day > today + LATEST_DUE:
        raise Refused("Dieser Tag liegt mehr als ein Jahr in der Zukunft.", field="day")
    if not data.because:
        raise Refused("Bitte schreiben Sie kurz, warum.", field="because")
    inquiry.due_at = end_of_day(data.day, zone)
    inquiry.touched_at = now
    changed = history.DueChanged(f"{old:%d.%m.%Y}", f"{data.day:%d.%m.%Y}", data.because)
    history.record(session, inquiry, changed, by=by, now=now)


def _expect_not_final(inquiry: Inquiry, advice: str) -> None:
    status = Status(inquiry.status)
    if status in FINAL:
        word = "als Spam abgelegt" if status == Status.SPAM else "abgeschlossen"
        raise Refused(f"Diese Anfrage ist {word}. {advice}", status=409)


def _give_to(session: Session, inquiry: Inquiry, by: Actor, because: str, *, now: datetime) -> None:
    if by.id is None:
        raise Refused("Bitte sagen Sie, an wen die Anfrage gehen soll.", field="to")
    house = directory(session)
    person = house.people[by.id]
    carrier = house.carriers[person.carrier_id]
    give(session, inquiry, carrier, person, [because], by=by, now=now)


def _go_on_to(
    session: Session, inquiry: Inquiry, then: Status, *, by: Actor, now: datetime
) -> None:
    """Set the status after an answer, by way of „in progress“ where no direct way leads there."""
    if then not in AFTER_ANSWER:
        raise Refused("Dieser Stand passt nicht zu einer Antwort.", field="then")
    old = Status(inquiry.status)
    if old != then and not may_move(old, then):
        casefile.set_status(session, inquiry, Status.IN_PROGRESS, by=by, now=now)
    casefile.set_status(session, inquiry, then, by=by, now=now)


def _write_to_requester(
    session: Session,
    inquiry: Inquiry,
    letter: str,
    words: dict[str, t.Any],
    *,
    now: datetime,
    automatic: bool = True,
) -> None:
    """Write a letter to the requester, with a new link to the status page; many have no address."""
    if not inquiry.requester_email:
        return
    facts = {
        "centre": directory(session).centre,
        "inquiry": inquiry,
        "status_url": casefile.issue_status_link(session, inquiry, now=now),
        **words,
    }
    to = outbox.Recipient(inquiry.requester_email, inquiry.requester_name)
    outbox.queue(session, letter, to, facts, about=inquiry.reference, automatic=automatic, now=now)
