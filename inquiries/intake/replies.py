"""What the requester adds later, over the status link."""

from __future__ import annotations

import typing as t

from inquiries.accounts.directory import directory
from inquiries.casefile import service as casefile
from inquiries.casefile.models import Channel, Inquiry
from inquiries.casefile.status import FINAL, Status
from inquiries.intake.models import ReceivedReply
from inquiries.intake.service import MORE_FILES
from inquiries.intake.uploads import tell_apart
from inquiries.mail import outbox
from inquiries.platform import Refused
from inquiries.platform.db import insert_for
from inquiries.platform.settings import settings

if t.TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

TAKEN_UP_AGAIN = {Status.WAITING_FOR_REQUESTER, Status.ANSWERED}
FINISHED = "Diese Anfrage ist abgeschlossen. Ihre Nachricht ist noch nicht gesendet."


def receive_reply(
    session: Session,
    inquiry: Inquiry,
    body: str,
    *,
    key: str,
    uploads: Sequence[casefile.Upload],
    now: datetime,
) -> list[casefile.Upload]:
    """Add the requester's message and tell who takes care.

    Args:
        session: inside a transaction.
        inquiry: the file; its row is locked until the commit, so that an answer that is written
            at this very moment costs nobody her text.
        body: the message.
        key: the same key comes in once for this inquiry.
        uploads: files that belong to the message.
        now: when it came in.

    Returns:
        Uploads that the file holds already; their bytes may go after the commit.

    Raises:
        Refused: (409) when the inquiry is finished.
    """
    new = (
        insert_for(session, ReceivedReply)
        .values(key=f"{inquiry.id}:{key}", received_at=now)
        .on_conflict_do_nothing()
        .returning(ReceivedReply.key)
    )
    spare: list[casefile.Upload] = []
    if session.scalar(new) is None:
        uploads, spare = tell_apart(session, inquiry, uploads)
        if not uploads:
            return spare
        body = MORE_FILES
    session.refresh(inquiry, with_for_update=True)
    if inquiry.status in FINAL:
        raise Refused(FINISHED, status=409)
    casefile.add_question(session, inquiry, body, channel=Channel.FORM, uploads=uploads, now=now)
    if inquiry.status in TAKEN_UP_AGAIN:
        casefile.set_status(session, inquiry, Status.IN_PROGRESS, by=None, now=now)
    _tell_staff(session, inquiry, body, now=now)
    return spare


def _tell_staff(session: Session, inquiry: Inquiry, body: str, *, now: datetime) -> None:
    """Tell who has the inquiry; what lies with nobody is told to those who watch the queue."""
    house = directory(session)
    person = house.people.get(inquiry.assignee_id or 0)
    queue = ""
    if person and person.active:
        readers = [person]
    else:
        queue = house.carriers[inquiry.carrier_id].short_name
        readers = house.watching_queue_of(inquiry.carrier_id)
    for reader in readers:
        outbox.queue(
            session,
            "message_from_requester",
            outbox.Recipient(reader.email, reader.name),
            {
                "centre": house.centre,
                "inquiry": inquiry,
                "body": body,
                "queue": queue,
                "url": f"{settings().base_url}/anfragen/{inquiry.reference}",
            },
            about=inquiry.reference,
            now=now,
        )
