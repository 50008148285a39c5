"""What the timetable remembers: which slot ran, and which worker lives."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from inquiries.platform.db import Base


class JobRun(Base):
    """A slot of a job. The row is there before the work begins; its key lets it begin once."""

    __tablename__ = "job_run"
    __table_args__ = (sa.UniqueConstraint("job", "slot"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str]
    slot: Mapped[str] = mapped_column(doc="Key of the slot, or `hand:…` when a person started it.")
    attempt: Mapped[int] = mapped_column(default=1)
    started_at: Mapped[datetime]
    lease_until: Mapped[datetime] = mapped_column(doc="Unfinished after that: taken over.")
    finished_at: Mapped[datetime | None]
    result: Mapped[str] = mapped_column(default="", doc="German sentence for the jobs page.")
    error: Mapped[str] = mapped_column(default="", doc="Kind of the error; the log has the rest.")


class Heartbeat(Base):
    """A background process that lives; written by its clock, so that a dead clock shows."""

    __tablename__ = "heartbeat"

    worker: Mapped[str] = mapped_column(primary_key=True, doc="Host and process number.")
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
