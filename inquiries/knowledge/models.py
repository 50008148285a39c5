"""Text modules (Textbausteine)."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from inquiries.platform.db import Base


class TextModule(Base):
    """A piece of an answer that is written once and used often."""

    __tablename__ = "text_module"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    body: Mapped[str]
    topic_key: Mapped[str] = mapped_column(default="", doc="Empty: fits every topic.")
    position: Mapped[int] = mapped_column(default=0)
