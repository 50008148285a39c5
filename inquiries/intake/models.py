"""Files that wait on the check-your-answers page for their inquiry."""

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
