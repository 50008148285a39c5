"""Who has which letter in hand: leases on rows of the outbox, and what became of the letters.

A letter is taken by one statement, and only who holds its lease may write about it. `sending` is
written in the last moment before the text is handed over. So a row whose holder died says how far
it came: in any other state nothing was sent.

Leases are counted by the real clock, whatever `now` a person asks for, because they protect
against processes that run at this moment.
"""

from __future__ import annotations

import secrets
import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from inquiries.mail.models import MailState, OutgoingMail
from inquiries.mail.smtp import Handover, Outcome
from inquiries.platform import clock
from inquiries.platform.db import transaction

if t.TYPE_CHECKING:
    from sqlalchemy.orm import Session

LEASE = timedelta(minutes=3)
"""Longer than the time-outs of one mail together: sender, recipient, text."""
FIRST_PAUSE = timedelta(minutes=1)
MAX_ATTEMPTS = 13
"""With pauses of 1, 2, 4 … minutes the last attempt is on the third day, at most four days after
the first (RFC 5321, 4.5.4.1 asks for four to five)."""

WAITING = (MailState.QUEUED, MailState.DEFERRED)
INTERRUPTED = "Beim Versand unterbrochen: Vielleicht ist diese E-Mail angekommen, vielleicht nicht."
GIVEN_UP = "Aufgegeben nach {attempts} Versuchen. {reason}"


@dataclass(frozen=True)
class Claim:
    """A letter that this process may send until the lease is over; the lease is its proof."""

    id: int
    recipient: str
    raw: bytes
    repeatable: bool
    attempts: int
    lease_until: datetime


def _due(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        OutgoingMail.state.in_(WAITING),
        OutgoingMail.due_at <= now,
        sa.or_(OutgoingMail.lease_until.is_(None), OutgoingMail.lease_until < clock.now()),
    )


def anything_due(session: Session, now: datetime) -> bool:
    """Tell whether a letter waits that nobody has in hand; ends the reading transaction."""
    found = session.scalar(sa.select(OutgoingMail.id).where(*_due(now)).limit(1)) is not None
    session.rollback()
    return found


def recover(session: Session, now: datetime) -> None:
    """Look after letters whose sender died while handing them over.

    Those that may come twice go again with the same Message-ID; of the others a person is told.
    """
    dead = (OutgoingMail.state == MailState.SENDING, OutgoingMail.lease_until < clock.now())
    if session.scalar(sa.select(OutgoingMail.id).where(*dead).limit(1)) is None:
        return
    again = sa.update(OutgoingMail).where(*dead, OutgoingMail.repeatable)
    open_question = sa.update(OutgoingMail).where(*dead, ~OutgoingMail.repeatable)
    with transaction(session):
        session.execute(again.values(state=MailState.DEFERRED, due_at=now, reason=INTERRUPTED))
        session.execute(open_question.values(state=MailState.UNKNOWN, reason=INTERRUPTED))


def suppress(session: Session, now: datetime, reason: str) -> int:
    """Let everything due stay here for good; returns how many letters that are."""
    return _change_due(session, now, state=MailState.SUPPRESSED, reason=reason)


def postpone(session: Session, now: datetime, reason: str) -> int:
    """Let everything due wait a little; not counted as an attempt, for no mail is at fault."""
    due_at = now + FIRST_PAUSE
    return _change_due(session, now, state=MailState.DEFERRED, reason=reason, due_at=due_at)


def _change_due(session: Session, now: datetime, **values: object) -> int:
    # Asked of the rows themselves, not by a list of them: PostgreSQL then looks once more at a row
    # that another process has taken meanwhile.
    changed = sa.update(OutgoingMail).where(*_due(now)).values(**values).returning(OutgoingMail.id)
    with transaction(session):
        return len(session.execute(changed).all())


def take(session: Session, now: datetime) -> Claim | None:
    """Take the next letter: one statement, so that two processes never take the same."""
    until = clock.now() + LEASE
    oldest = (
        sa.select(OutgoingMail.id)
        .where(*_due(now))
        .order_by(OutgoingMail.due_at, OutgoingMail.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    taken = (
        sa.update(OutgoingMail)
        .where(OutgoingMail.id == oldest)
        .values(lease_until=until, attempts=OutgoingMail.attempts + 1)
        .returning(
            OutgoingMail.id,
            OutgoingMail.recipient,
            OutgoingMail.raw,
            OutgoingMail.repeatable,
            OutgoingMail.attempts,
        )
        .execution_options(synchronize_session=False)
    )
    with transaction(session):
        row = session.execute(taken).one_or_none()
    return Claim(*row, lease_until=until) if row else None


def begin(session: Session, claim: Claim) -> bool:
    """Write that the text is handed over now; False when the lease was lost meanwhile."""
    if clock.now() >= claim.lease_until:
        return False
    begun = (
        sa.update(OutgoingMail)
        .where(*_mine(claim), OutgoingMail.state.in_(WAITING))
        .values(state=MailState.SENDING, reason="")
        .returning(OutgoingMail.id)
    )
    with transaction(session):
        return session.execute(begun).one_or_none() is not None


def settle(session: Session, claim: Claim, handover: Handover, now: datetime) -> MailState:
    """Write what became of a letter, unless another process has taken it over."""
    state, values = _verdict(claim, handover, now)
    with transaction(session):
        session.execute(sa.update(OutgoingMail).where(*_mine(claim)).values(state=state, **values))
    return state


def _mine(claim: Claim) -> tuple[sa.ColumnElement[bool], ...]:
    return (OutgoingMail.id == claim.id, OutgoingMail.lease_until == claim.lease_until)


def _verdict(claim: Claim, handover: Handover, now: datetime) -> tuple[MailState, dict[str, t.Any]]:
    outcome = handover.outcome
    if outcome is Outcome.NOBODY_KNOWS and claim.repeatable:
        outcome = Outcome.LATER
    if outcome is Outcome.SENT:
        return MailState.SENT, {"sent_at": now, "reason": ""}
    if outcome is Outcome.NOBODY_KNOWS:
        return MailState.UNKNOWN, {"reason": INTERRUPTED}
    if outcome is Outcome.NEVER:
        return MailState.FAILED, {"reason": handover.reason}
    if claim.attempts >= MAX_ATTEMPTS:
        reason = GIVEN_UP.format(attempts=claim.attempts, reason=handover.reason)
        return MailState.FAILED, {"reason": reason}
    due_at = now + pause_after(claim.attempts)
    return MailState.DEFERRED, {"reason": handover.reason, "due_at": due_at, "lease_until": None}


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait after that many attempts: doubled each time, up to a quarter more."""
    jitter = secrets.randbelow(256) / 1024
    doubled = 1 << (attempts - 1)
    return FIRST_PAUSE * (doubled * (1 + jitter))
