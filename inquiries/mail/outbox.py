"""The outbox: a letter is written as a row, in the transaction of the deed that it tells of.

Nothing leaves before that transaction is committed; `mail.delivery` sends what lies here.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from email.utils import parseaddr
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from inquiries.mail.letters import render
from inquiries.mail.message import (
    NotAddressable,
    Sheet,
    checked_address,
    compose,
    new_message_id,
    one_line,
    thread_root,
)
from inquiries.mail.models import MAIL_STATE_NAMES, MailState, OutgoingMail
from inquiries.platform import Refused
from inquiries.platform.settings import settings

if t.TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

NOT_ADDRESSABLE = "An diese Adresse lässt sich keine E-Mail schreiben. Bitte prüfen Sie sie."
MAX_STORED = 254
RELEASABLE = frozenset({MailState.FAILED, MailState.SUPPRESSED, MailState.UNKNOWN})


@dataclass(frozen=True)
class Recipient:
    """Whom a letter goes to."""

    address: str
    name: str = ""


class Letterhead(t.Protocol):
    """What a letter shows of its sender; the centre has it."""

    name: str
    phone: str
    email: str


def queue(
    session: Session,
    letter: str,
    to: Recipient,
    context: Mapping[str, t.Any],
    *,
    now: datetime,
    about: str = "",
    once: str | None = None,
    repeatable: bool = True,
    automatic: bool = True,
) -> OutgoingMail | None:
    """Write a letter; its bytes and its Message-ID are fixed here and never change.

    Args:
        session: inside the transaction of the deed.
        letter: template under `templates/mail`; its first lines say what `context` must hold.
        to: a single recipient; an address that cannot be used makes the row `failed`.
        context: words of the letter, and `centre`.
        now: its date.
        about: reference of the inquiry; mails about the same one hang together.
        once: key under which this letter may exist only once, whoever else writes it.
        repeatable: whether it may be sent again when nobody knows if it went out.
        automatic: False for what a person wrote.

    Returns:
        The row, or None where a letter with this `once` exists already.
    """
    centre: Letterhead = context["centre"]
    sender = _sender(centre)
    domain = sender.rpartition("@")[2]
    text = render(letter, name=one_line(to.name, 100), context=context)
    address, state, reason = _usable(to.address)
    message_id = new_message_id(domain)
    sheet = Sheet(
        sender_name=centre.name,
        sender=sender,
        recipient_name=to.name,
        recipient=address,
        subject=text.subject,
        body=text.body,
        date=now.astimezone(settings().zone),
        message_id=message_id,
        thread=thread_root(about, domain),
        automatic=automatic,
    )
    mail = OutgoingMail(
        once=once,
        about=about,
        letter=letter,
        recipient=address or one_line(to.address, MAX_STORED),
        recipient_name=one_line(to.name, MAX_STORED),
        subject=one_line(text.subject, MAX_STORED),
        message_id=message_id,
        raw=compose(sheet),
        repeatable=repeatable,
        state=state,
        reason=reason,
        created_at=now,
        due_at=now,
    )
    return mail if _add(session, mail) else None


def _add(session: Session, mail: OutgoingMail) -> bool:
    """Insert the row; with `once` at a savepoint, so that a second one costs only itself."""
    if mail.once is None:
        session.add(mail)
        return True
    if session.scalar(sa.select(OutgoingMail.id).where(OutgoingMail.once == mail.once)):
        return False
    try:
        with session.begin_nested():
            session.add(mail)
    except IntegrityError:
        # Another process wrote it since we looked; anything else is an error of ours.
        if session.scalar(sa.select(OutgoingMail.id).where(OutgoingMail.once == mail.once)):
            return False
        raise
    return True


def _sender(centre: Letterhead) -> str:
    """Return the address that mail comes from: set, the centre's, or one at our own host."""
    for candidate in (parseaddr(settings().mail_from)[1], centre.email):
        address, _state, _reason = _usable(candidate)
        if address:
            return address
    host = urlsplit(settings().base_url).hostname or "localhost"
    return f"anlaufstelle@{host}"


def _usable(address: str) -> tuple[str, MailState, str]:
    try:
        return checked_address(address), MailState.QUEUED, ""
    except NotAddressable:
        return "", MailState.FAILED, NOT_ADDRESSABLE


def release(session: Session, mail: OutgoingMail, *, now: datetime) -> None:
    """Put a mail that was not sent, or perhaps not, back on its way; a person decides that.

    Raises:
        Refused: when it is on its way or was sent, or has no usable address.
    """
    changed = session.execute(
        sa.update(OutgoingMail)
        .where(
            OutgoingMail.id == mail.id,
            OutgoingMail.state.in_(RELEASABLE),
            OutgoingMail.reason != NOT_ADDRESSABLE,
        )
        .values(state=MailState.QUEUED, reason="", attempts=0, due_at=now, lease_until=None)
        .returning(OutgoingMail.id)
    ).all()
    session.refresh(mail)
    if not changed and mail.reason == NOT_ADDRESSABLE:
        raise Refused(NOT_ADDRESSABLE)
    if not changed:
        sentence = f"Diese E-Mail ist im Zustand „{MAIL_STATE_NAMES[MailState(mail.state)]}“."
        raise Refused(sentence, status=409)
