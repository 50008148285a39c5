"""Delivery: takes letters out of the outbox and hands them to the mail server.

Any number of processes may do this at once; `mail.custody` says who has which letter in hand.
Nothing is open in the database while the mail server is spoken to. Who dies before the text is
handed over has sent nothing, and who dies later leaves a row that says so; SMTP can do no better
than that (RFC 1047).
"""

from __future__ import annotations

import smtplib
import typing as t
from collections import Counter
from email.parser import BytesHeaderParser
from email.utils import parseaddr

import structlog

from inquiries.mail import custody
from inquiries.mail.models import MailState
from inquiries.mail.smtp import Handover, NoMailServer, Outcome, connect, hand_over
from inquiries.platform.settings import settings

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    SessionFactory = Callable[[], Session]

log = structlog.get_logger()

PER_CONNECTION = 100
PER_RUN = 5_000

DEMO = "Demobetrieb: Es verlässt keine E-Mail diesen Rechner."
NO_SERVER = "Es ist kein Mailserver eingerichtet (SMTP_URL)."
BROKEN = "Diese E-Mail lässt sich nicht versenden; die Ursache steht im Protokoll."
NOTHING = "Nichts zu senden."


def deliver_due(session_factory: SessionFactory, now: datetime) -> str:
    """Send what is due; returns a German sentence about it.

    In demo mode and without a mail server nothing leaves: what is due stays in the list.
    """
    with session_factory() as session:
        custody.recover(session, now)
        if not custody.anything_due(session, now):
            return NOTHING
        if reason := _why_nothing_leaves():
            return f"{custody.suppress(session, now, reason)} nicht versendet. {reason}"
        return _summary(_deliver(session, now))


def _why_nothing_leaves() -> str:
    if settings().demo:
        return DEMO
    return "" if settings().smtp_url else NO_SERVER


def _deliver(session: Session, now: datetime) -> Counter[str]:
    counts: Counter[str] = Counter()
    while counts.total() < PER_RUN:
        try:
            smtp = connect(settings().smtp_url)
        except NoMailServer as error:
            log.warning("mail.no_server", reason=str(error))
            counts["server"] += custody.postpone(session, now, str(error))
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
        claim = custody.take(session, now)
        if claim is None:
            return False
        handover = _send(smtp, session, claim)
        counts[custody.settle(session, claim, handover, now)] += 1
        if handover.connection_lost:
            return True
    return True


def _send(smtp: smtplib.SMTP, session: Session, claim: custody.Claim) -> Handover:
    sender = parseaddr(str(BytesHeaderParser().parsebytes(claim.raw)["From"]))[1]
    try:
        return hand_over(
            smtp,
            sender,
            claim.recipient,
            claim.raw,
            commit=lambda: custody.begin(session, claim),
        )
    except Exception:
        # Whatever is wrong with this row, the next one is to be sent.
        session.rollback()
        log.exception("mail.broken", mail=claim.id)
        return Handover(Outcome.NEVER, BROKEN, connection_lost=True)


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
    return f"{', '.join(told)}." if told else NOTHING
