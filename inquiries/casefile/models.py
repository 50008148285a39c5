"""The file that travels (Akte): inquiry, messages, attachments, history."""

from __future__ import annotations

import typing as t
from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inquiries.accounts.models import Carrier, Municipality, User
from inquiries.casefile.status import Status
from inquiries.platform.db import Base, UTCDateTime

DONE = "('answered', 'closed', 'spam')"
"""States in which nobody has to do anything, as SQL; see casefile.status."""


class Channel(StrEnum):
    """How an inquiry or a message reached the centre."""

    FORM = "form"
    MAIL = "mail"
    PHONE = "phone"
    API = "api"
    STAFF = "staff"


CHANNEL_NAMES = {
    Channel.FORM: "Formular",
    Channel.MAIL: "E-Mail",
    Channel.PHONE: "Telefon",
    Channel.API: "Schnittstelle",
    Channel.STAFF: "Mitarbeiter:in",
}


class Topic(Base):
    """A field of advice (Themenfeld)."""

    __tablename__ = "topic"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)


class Kind(Base):
    """What is wanted (Art des Anliegens): advice, exchange, material, moderation …"""

    __tablename__ = "kind"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)


class RequesterGroup(Base):
    """Who asks: municipality, local actor, state level, others."""

    __tablename__ = "requester_group"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)


class ReferenceCounter(Base):
    """Last number given in a year; counted up in the transaction of the filing: no gaps."""

    __tablename__ = "reference_counter"

    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


class Inquiry(Base):
    """One question and all that becomes of it."""

    __tablename__ = "inquiry"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, doc="Geschäftszeichen, ZSZ-2026-00042.")
    intake_key: Mapped[str | None] = mapped_column(
        unique=True, doc="The same filing arrives once: form:…, import:…, api:…"
    )
    version: Mapped[int] = mapped_column(doc="Counts changes; two people at once are noticed.")

    subject: Mapped[str]
    channel: Mapped[str]
    requester_name: Mapped[str]
    requester_email: Mapped[str] = mapped_column(default="", index=True)
    requester_phone: Mapped[str] = mapped_column(default="")
    organisation: Mapped[str] = mapped_column(default="")
    own_reference: Mapped[str] = mapped_column(default="", doc="The requester's „Ihr Zeichen“.")
    wished_for: Mapped[date | None] = mapped_column(doc="Date by which the requester needs it.")
    municipality_id: Mapped[int | None] = mapped_column(sa.ForeignKey("municipality.id"))
    municipality_name: Mapped[str] = mapped_column(default="", doc="As typed, or the short name.")
    requester_group_id: Mapped[int | None] = mapped_column(sa.ForeignKey("requester_group.id"))
    kind_id: Mapped[int | None] = mapped_column(sa.ForeignKey("kind.id"))

    topic_id: Mapped[int | None] = mapped_column(sa.ForeignKey("topic.id"))
    topic_source: Mapped[str] = mapped_column(default="", doc="requester, classifier or staff.")
    confidence: Mapped[float | None] = mapped_column(doc="The classifier's, 0 to 1.")
    suggested_topic: Mapped[str] = mapped_column(default="", doc="The classifier's first choice.")
    topic_reasons: Mapped[list[str]] = mapped_column(default=list)
    topic_alternatives: Mapped[list[t.Any]] = mapped_column(
        default=list, doc="[[topic key, confidence], …], best first."
    )

    carrier_id: Mapped[int] = mapped_column(
        sa.ForeignKey("carrier.id"), doc="Whose queue: never nobody."
    )
    assignee_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    assignment_reasons: Mapped[list[str]] = mapped_column(default=list)

    status: Mapped[str] = mapped_column(default=Status.NEW)
    is_open: Mapped[bool] = mapped_column(sa.Computed(f"status NOT IN {DONE}", persisted=True))
    received_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(doc="End of the last day of the target.")
    status_since: Mapped[datetime]
    touched_at: Mapped[datetime] = mapped_column(doc="Last change of any kind.")
    first_answer_at: Mapped[datetime | None]

    topic: Mapped[Topic | None] = relationship(lazy="raise")
    kind: Mapped[Kind | None] = relationship(lazy="raise")
    requester_group: Mapped[RequesterGroup | None] = relationship(lazy="raise")
    municipality: Mapped[Municipality | None] = relationship(lazy="raise")
    carrier: Mapped[Carrier] = relationship(lazy="raise")
    assignee: Mapped[User | None] = relationship(lazy="raise")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - declared by SQLAlchemy
    __table_args__ = (
        sa.Index("ix_inquiry_received", "received_at", "id"),
        sa.Index("ix_inquiry_status_received", "status", "received_at", "id"),
        sa.Index("ix_inquiry_topic_received", "topic_id", "received_at", "id"),
        sa.Index("ix_inquiry_municipality_received", "municipality_id", "received_at", "id"),
        sa.Index("ix_inquiry_place_received", "municipality_name", "received_at", "id"),
        sa.Index("ix_inquiry_assignee_received", "assignee_id", "received_at", "id"),
        # Holds all that the count of overdue ones asks for; SQLite wants even the condition in it.
        sa.Index(
            "ix_inquiry_open_due",
            "due_at",
            "id",
            "status",
            "carrier_id",
            "assignee_id",
            "is_open",
            postgresql_where=sa.text("is_open"),
            sqlite_where=sa.text("is_open"),
        ),
        sa.Index(
            "ix_inquiry_open_assignee",
            "assignee_id",
            "due_at",
            "id",
            postgresql_where=sa.text("is_open"),
            sqlite_where=sa.text("is_open"),
        ),
    )


class Tally(Base):
    """Counts of inquiries by carrier, assignee and status, kept by triggers of the database.

    The sum over rows of a cell is exact in every transaction. Each change adds rows instead of
    updating a counter, so that two filings never wait for one another; `casefile.tally` sums
    them up and now and then folds the rows of a cell into one.
    """

    __tablename__ = "inquiry_tally"

    id: Mapped[int] = mapped_column(primary_key=True)
    carrier_id: Mapped[int]
    assignee_id: Mapped[int] = mapped_column(doc="0: nobody.")
    status: Mapped[str]
    n: Mapped[int]


class Message(Base):
    """A part of the conversation: question, answer, or internal note."""

    __tablename__ = "message"

    id: Mapped[int] = mapped_column(primary_key=True)
    inquiry_id: Mapped[int] = mapped_column(sa.ForeignKey("inquiry.id"))
    author_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user.id"), doc="None: the requester, or a machine (see by_requester)."
    )
    author_name: Mapped[str] = mapped_column(doc="As it was then: people change their names.")
    internal: Mapped[bool] = mapped_column(default=False)
    channel: Mapped[str]
    body: Mapped[str]
    created_at: Mapped[datetime]

    inquiry: Mapped[Inquiry] = relationship(lazy="raise")
    attachments: Mapped[list[Attachment]] = relationship(lazy="raise", order_by="Attachment.id")

    __table_args__ = (sa.Index("ix_message_inquiry", "inquiry_id", "id"),)

    @property
    def by_requester(self) -> bool:
        """Tell whether the requester wrote it; what the centre's machines write has no author."""
        return self.author_id is None and self.channel != Channel.STAFF


class Attachment(Base):
    """A file that belongs to a message; its bytes lie in the storage under `storage_key`."""

    __tablename__ = "attachment"

    id: Mapped[int] = mapped_column(primary_key=True)
    inquiry_id: Mapped[int] = mapped_column(sa.ForeignKey("inquiry.id"), index=True)
    message_id: Mapped[int] = mapped_column(sa.ForeignKey("message.id"), index=True)
    filename: Mapped[str] = mapped_column(doc="As sent, made safe to show; never a path.")
    content_type: Mapped[str]
    size: Mapped[int] = mapped_column(doc="Bytes.")
    sha256: Mapped[str]
    storage_key: Mapped[str] = mapped_column(unique=True)

    inquiry: Mapped[Inquiry] = relationship(lazy="raise")


class Event(Base):
    """One entry of the history, written where the deed is done; see casefile.history."""

    __tablename__ = "event"

    id: Mapped[int] = mapped_column(primary_key=True)
    inquiry_id: Mapped[int] = mapped_column(sa.ForeignKey("inquiry.id"))
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    actor_name: Mapped[str] = mapped_column(doc="As it was then; empty: the system.")
    kind: Mapped[str]
    public: Mapped[bool]
    data: Mapped[dict[str, t.Any]] = mapped_column(default=dict)

    inquiry: Mapped[Inquiry] = relationship(lazy="raise")

    __table_args__ = (sa.Index("ix_event_inquiry", "inquiry_id", "id"),)


class StatusLink(Base):
    """A link by which a requester sees the status.

    Each letter carries a token of its own; only the digest is kept, so neither the database nor a
    backup opens anything.
    """

    __tablename__ = "status_link"

    digest: Mapped[str] = mapped_column(primary_key=True, doc="SHA-256 of the token.")
    inquiry_id: Mapped[int] = mapped_column(sa.ForeignKey("inquiry.id"), index=True)
    issued_at: Mapped[datetime] = mapped_column(UTCDateTime())

    inquiry: Mapped[Inquiry] = relationship(lazy="raise")
