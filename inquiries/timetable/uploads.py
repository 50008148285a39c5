"""Clears away files that were uploaded with a form which was never sent."""

from __future__ import annotations

import typing as t
from datetime import timedelta

import sqlalchemy as sa

from inquiries.intake.models import PendingUpload, ReceivedReply
from inquiries.platform import files
from inquiries.platform.db import transaction

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

KEPT = timedelta(days=1)


def clear_uploads(session_factory: Callable[[], Session], now: datetime) -> str:
    """Delete files that have waited for their form for more than a day, and keys of sent replies.

    The rows go first: a crash in between leaves files without rows, never the reverse.
    """
    with session_factory() as session:
        with transaction(session):
            keys = session.scalars(
                sa.delete(PendingUpload)
                .where(PendingUpload.created_at < now - KEPT)
                .returning(PendingUpload.storage_key)
            ).all()
            session.execute(sa.delete(ReceivedReply).where(ReceivedReply.received_at < now - KEPT))
        for key in keys:
            files.remove(key)
    return f"{len(keys)} Dateien gelöscht."
