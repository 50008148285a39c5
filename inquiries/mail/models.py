"""The outbox: every letter is a row before it is a mail."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from inquiries.platform.db import Base


class MailState(StrEnum):
    """Where a letter is on its way."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"


MAIL_STATE_NAMES = {
    MailState.QUEUED: "wartet auf Versand",
    MailState.SENDING: "wird gesendet",
    MailState.SENT: "gesendet",
    MailState.DEFERRED: "später erneut",
    MailState.FAILED: "fehlgeschlagen",
    MailState.SUPPRESSED: "nicht versendet",
    MailState.UNKNOWN: "unklar, bitte prüfen",
}


class OutgoingMail(Base):
    """One letter to one recipient; bytes and Message-ID are fixed when it is written."""

    __tablename__ = "outgoing_mail"

    id: Mapped[int] = mapped_column(primary_key=True)
    once: Mapped[str | None] = mapped_column(
        unique=True, doc="What may exist only once, such as digest:2026-W48:7."
    )
    about: Mapped[str] = mapped_column(default="", index=True, doc="Reference of the inquiry.")
    letter: Mapped[str] = mapped_column(doc="Template name under templates/mail.")
    recipient: Mapped[str]
    recipient_name: Mapped[str] = mapped_column(default="")
    subject: Mapped[str]
    message_id: Mapped[str] = mapped_column(unique=True)
    raw: Mapped[bytes] = mapped_column(deferred=True)
    repeatable: Mapped[bool] = mapped_column(
        default=True, doc="Send again after a crash in mid-sending? No for digests and reminders."
    )
    state: Mapped[str] = mapped_column(default=MailState.QUEUED)
    reason: Mapped[str] = mapped_column(default="", doc="Why it failed or was not sent; German.")
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(doc="Not sent before.")
    lease_until: Mapped[datetime | None] = mapped_column(doc="Until then one worker sends it.")
    sent_at: Mapped[datetime | None]

    __table_args__ = (
        sa.Index(
            "ix_outgoing_mail_due",
            "due_at",
            postgresql_where=sa.text("state IN ('queued', 'deferred', 'sending')"),
            sqlite_where=sa.text("state IN ('queued', 'deferred', 'sending')"),
        ),
        sa.Index("ix_outgoing_mail_state_id", "state", "id"),
    )
