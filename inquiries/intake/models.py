"""What waits at the front door, and what keeps the same thing from coming in twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from inquiries.platform.db import Base


class PendingUpload(Base):
    """A file that was uploaded with a form which is not sent yet; cleared away after a day."""

    __tablename__ = "pending_upload"

    id: Mapped[int] = mapped_column(primary_key=True)
    form_key: Mapped[str] = mapped_column(index=True, doc="The form's own random key.")
    filename: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int] = mapped_column(doc="Bytes.")
    sha256: Mapped[str]
    storage_key: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(index=True)


class ReceivedReply(Base):
    """A reply that came in over a status link; the same one comes in once."""

    __tablename__ = "received_reply"

    key: Mapped[str] = mapped_column(primary_key=True, doc="Of the form and its text.")
    received_at: Mapped[datetime] = mapped_column(index=True)
