"""A call that somebody wrote down, and perhaps answered at once."""

from __future__ import annotations

import typing as t

from inquiries.accounts.directory import directory
from inquiries.casefile import service as casefile
from inquiries.casefile.models import Channel
from inquiries.casefile.status import Status
from inquiries.intake.service import Receipt, Submission, receive
from inquiries.mail import outbox

if t.TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from inquiries.accounts.models import User


def take_down(
    session: Session, submission: Submission, answer: str, *, by: User, now: datetime
) -> Receipt:
    """Take in a call; with an answer it is advice given, and closed."""
    receipt = receive(session, submission, by=by, now=now)
    if receipt.repeated or not answer:
        return receipt
    inquiry = receipt.inquiry
    casefile.add_answer(session, inquiry, answer, by=by, channel=Channel.PHONE, now=now)
    for status in (Status.ANSWERED, Status.CLOSED):
        casefile.set_status(session, inquiry, status, by=by, now=now)
    if inquiry.requester_email:
        outbox.queue(
            session,
            "answer",
            outbox.Recipient(inquiry.requester_email, inquiry.requester_name),
            {
                "centre": directory(session).centre,
                "inquiry": inquiry,
                "body": answer,
                "author": by,
                "status_url": receipt.status_url,
            },
            about=inquiry.reference,
            automatic=False,
            now=now,
        )
    return receipt
