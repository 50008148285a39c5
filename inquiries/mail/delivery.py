"""Delivery: takes letters out of the outbox and hands them to the mail server.

Any number of processes may do this at once. A letter is taken by a lease, one at a time, and
nothing is open in the database while the mail server is spoken to. `sending` is written in the
last moment before the text is handed over: whoever dies earlier has sent nothing, and whoever dies
later leaves a row that says so. SMTP can do no better than that (RFC 1047).
"""

from __future__ import annotations

import secrets
import smtplib
import typing as t
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.parser import BytesHeaderParser
from email.utils import parseaddr

import sqlalchemy as sa
import structlog

from inquiries.mail.models import MailState, OutgoingMail
from inquiries.mail.smtp import Handover, NoMailServer, Outcome, connect, hand_over
from inquiries.platform import clock
from inquiries.platform.db import transaction
from inquiries.platform.settings import settings

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    SessionFactory = Callable[[], Session]

log = structlog.get_logger()

LEASE = timedelta(minutes=3)
"""Longer than the time-outs of one mail together: sender, recipient, text."""
PER_CONNECTION = 100
PER_RUN = 5_000
FIRST_PAUSE = timedelta(minutes=1)
MAX_ATTEMPTS = 13
"""With pauses of 1, 2, 4 … minutes the last attempt is on the third day, at most four days after
the first (RFC 5321, 4.5.4.1 asks for four to five)."""

WAITING = (MailState.QUEUED, MailState.DEFERRED)
DEMO = "Demobetrieb: Es verlässt keine E-Mail diesen Rechner."
NO_SERVER = "Es ist kein Mailserver eingerichtet (SMTP_URL)."
INTERRUPTED = "Beim Versand unterbrochen: Vielleicht ist diese E-Mail angekommen, vielleicht nicht."
BROKEN = "Diese E-Mail lässt sich nicht versenden; die Ursache steht im Protokoll."
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


def deliver_due(session_factory: SessionFactory, now: datetime) -> str:
    """Send what is due; returns a German sentence about it.

    Leases are counted by the real clock, whatever `now` a person asks for, because they protect
    against processes that run at this moment.
    """
    with session_factory() as session:
        _recover(session, now)
        if reason := _why_nothing_leaves():
            return _suppress(session, now, reason)
        if not session.scalar(sa.select(_due(now).exists())):
            return "Nichts zu senden."
        session.rollback()
        return _summary(_deliver(session, now))


def _deliver(session: Session, now: datetime) -> Counter[str]:
    counts: Counter[str] = Counter()
    while counts.total() < PER_RUN:
        try:
            smtp = connect(settings().smtp_url)
        except NoMailServer as error:
            counts["server"] += _postpone(session, now, str(error))
            log.warning("mail.no_server", reason=str(error))
            return counts
        try:
            if not _deliver_over(smtp, session, now, counts):
                return counts
        finally:
            _hang_up(smtp)
    return counts


def _deliver_over(
    smtp: smtplib.SMTP, session: Session, now: datetime, counts: Counter[str]
) -> bool:
    """Send over one connection; returns whether there may be more to send."""
    for _ in range(PER_CONNECTION):
        claim = _claim(session, now)
        if claim is None:
            return False
        handover = _send(smtp, session, claim)
        state = _mark(session, claim, handover, now)
        counts[state] += 1
        if handover.connection_lost:
            return True
    return True


def _send(smtp: smtplib.SMTP, session: Session, claim: Claim) -> Handover:
    sender = parseaddr(str(BytesHeaderParser().parsebytes(claim.raw)["From"]))[1]
    try:
        return hand_over(
            smtp, sender, claim.recipient, claim.raw, commit=lambda: _begin(session, claim)
        )
    except Exception:
        # Whatever is wrong with this row, the next one is to be sent.
        session.rollback()
        log.exception("mail.broken", mail=claim.id)
        return Handover(Outcome.NEVER, BROKEN, connection_lost=True)


def _why_nothing_leaves() -> str:
    if settings().demo:
        return DEMO
    return "" if settings().smtp_url else NO_SERVER


def _due(now: datetime) -> sa.Select[int]:
    return sa.select(OutgoingMail.id).where(
        OutgoingMail.state.in_(WAITING),
        OutgoingMail.due_at <= now,
        sa.or_(OutgoingMail.lease_until.is_(None), OutgoingMail.lease_until < clock.now()),
    )


def _recover(session: Session, now: datetime) -> None:
    """Look after letters whose sender died while handing them over."""
    dead = (
        OutgoingMail.state == MailState.SENDING,
        OutgoingMail.lease_until < clock.now(),
    )
    found = sa.select(OutgoingMail.id).where(*dead).limit(1)
    if session.scalar(found) is None:
        return
    again = sa.update(OutgoingMail).where(*dead, OutgoingMail.repeatable)
    open_question = sa.update(OutgoingMail).where(*dead, ~OutgoingMail.repeatable)
    with transaction(session):
        session.execute(again.values(state=MailState.DEFERRED, due_at=now, reason=INTERRUPTED))
        session.execute(open_question.values(state=MailState.UNKNOWN, reason=INTERRUPTED))


def _suppress(session: Session, now: datetime, reason: str) -> str:
    if session.scalar(_due(now).limit(1)) is None:
        return "Nichts zu senden."
    with transaction(session):
        kept = session.execute(
            sa.update(OutgoingMail)
            .where(OutgoingMail.id.in_(_due(now)))
            .values(state=MailState.SUPPRESSED, reason=reason)
            .returning(OutgoingMail.id)
        ).all()
    return f"{len(kept)} nicht versendet. {reason}"


def _postpone(session: Session, now: datetime, reason: str) -> int:
    """Let everything due wait a little; not counted as an attempt, for no mail is at fault."""
    with transaction(session):
        waiting = session.execute(
            sa.update(OutgoingMail)
            .where(OutgoingMail.id.in_(_due(now)))
            .values(state=MailState.DEFERRED, reason=reason, due_at=now + FIRST_PAUSE)
            .returning(OutgoingMail.id)
        ).all()
    return len(waiting)


def _claim(session: Session, now: datetime) -> Claim | None:
    """Take the next letter: one statement, so that two processes never take the same."""
    until = clock.now() + LEASE
    oldest = (
        _due(now)
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


def _mine(claim: Claim) -> tuple[sa.ColumnElement[bool], ...]:
    return (OutgoingMail.id == claim.id, OutgoingMail.lease_until == claim.lease_until)


def _begin(session: Session, claim: Claim) -> bool:
    """Write that the text is handed over now; False when the lease was lost meanwhile."""
    if clock.now() >= claim.lease_until:
        return False
    with transaction(session):
        begun = session.execute(
            sa.update(OutgoingMail)
            .where(*_mine(claim), OutgoingMail.state.in_(WAITING))
            .values(state=MailState.SENDING, reason="")
            .returning(OutgoingMail.id)
        ).all()
    return len(begun) == 1


def _mark(session: Session, claim: Claim, handover: Handover, now: datetime) -> str:
    """Write what became of a letter, unless another process has taken it over."""
    values = _verdict(claim, handover, now)
    with transaction(session):
        session.execute(sa.update(OutgoingMail).where(*_mine(claim)).values(**values))
    return str(values["state"])


def _verdict(claim: Claim, handover: Handover, now: datetime) -> dict[str, t.Any]:
    outcome = handover.outcome
    if outcome is Outcome.NOBODY_KNOWS and claim.repeatable:
        outcome = Outcome.LATER
    if outcome is Outcome.SENT:
        return {"state": MailState.SENT, "sent_at": now, "reason": ""}
    if outcome is Outcome.NOBODY_KNOWS:
        return {"state": MailState.UNKNOWN, "reason": INTERRUPTED}
    if outcome is Outcome.NEVER:
        return {"state": MailState.FAILED, "reason": handover.reason}
    if claim.attempts >= MAX_ATTEMPTS:
        reason = GIVEN_UP.format(attempts=claim.attempts, reason=handover.reason)
        return {"state": MailState.FAILED, "reason": reason}
    return {
        "state": MailState.DEFERRED,
        "reason": handover.reason,
        "due_at": now + pause_after(claim.attempts),
        "lease_until": None,
    }


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait after that many attempts: doubled each time, up to a quarter more."""
    jitter = secrets.randbelow(256) / 1024
    doubled = 1 << (attempts - 1)
    return FIRST_PAUSE * (doubled * (1 + jitter))


def _hang_up(smtp: smtplib.SMTP) -> None:
    try:
        smtp.quit()
    except (OSError, smtplib.SMTPException):
        smtp.close()


def _summary(counts: Counter[str]) -> str:
    words = (
        (MailState.SENT, "gesendet"),
        (MailState.DEFERRED, "später erneut"),
        (MailState.FAILED, "fehlgeschlagen"),
        (MailState.UNKNOWN, "unklar"),
        ("server", "warten auf den Mailserver"),
    )
    told = [f"{counts[state]} {word}" for state, word in words if counts[state]]
    return f"{', '.join(told)}." if told else "Nichts zu senden."
