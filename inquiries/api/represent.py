"""How files look from outside: keys instead of numbers, names beside them."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from inquiries.accounts.directory import directory
from inquiries.accounts.models import Municipality
from inquiries.casefile import history
from inquiries.casefile.models import Event, Message
from inquiries.casefile.terms import terms

if t.TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from inquiries.casefile.models import Inquiry
    from inquiries.casefile.queries import Line


def item(session: Session, inquiry: Inquiry | Line) -> dict[str, t.Any]:
    """Return an inquiry as lists show it."""
    topic = terms(session).topic(inquiry.topic_id)
    person = directory(session).people.get(inquiry.assignee_id or 0)
    return {
        "reference": inquiry.reference,
        "subject": inquiry.subject,
        "status": inquiry.status,
        "topic": topic.key if topic else None,
        "topic_name": topic.name if topic else "",
        "assignee": person.key if person else None,
        "assignee_name": person.name if person else "",
        "municipality": inquiry.municipality_name,
        "received_at": inquiry.received_at,
        "due_at": inquiry.due_at,
    }


def with_reasons(session: Session, inquiry: Inquiry) -> dict[str, t.Any]:
    """Return an inquiry with why it was decided so."""
    return item(session, inquiry) | {
        "confidence": inquiry.confidence,
        "reasons": inquiry.topic_reasons,
        "assignment_reasons": inquiry.assignment_reasons,
    }


def file(session: Session, inquiry: Inquiry) -> dict[str, t.Any]:
    """Return an inquiry with everything in it."""
    kind = terms(session).kind(inquiry.kind_id)
    ags = sa.select(Municipality.ags).where(Municipality.id == inquiry.municipality_id)
    messages = session.scalars(
        sa.select(Message)
        .where(Message.inquiry_id == inquiry.id)
        .options(selectinload(Message.attachments))
        .order_by(Message.id)
    )
    events = session.scalars(
        sa.select(Event).where(Event.inquiry_id == inquiry.id).order_by(Event.id)
    )
    return with_reasons(session, inquiry) | {
        "version": inquiry.version,
        "channel": inquiry.channel,
        "kind": kind.key if kind else None,
        "from_name": inquiry.requester_name,
        "from_email": inquiry.requester_email,
        "organisation": inquiry.organisation,
        "municipality_ags": session.scalar(ags) if inquiry.municipality_id else None,
        "messages": messages.all(),
        "history": [
            {
                "at": event.at,
                "kind": event.kind,
                "sentence": history.sentence(event),
                "actor": event.actor_name or history.SYSTEM,
                "public": event.public,
            }
            for event in events
        ],
    }
