"""Attachments at the front door: which files come in, and where they wait until the form is sent.

A file is kept as soon as it has arrived, so that nobody has to choose it again because of an error
in another field. It waits under the form's random key and is given to the inquiry when the form is
sent; what is never sent is cleared away.
"""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import dataclass

import sqlalchemy as sa

from inquiries.casefile.models import Attachment
from inquiries.casefile.service import Upload
from inquiries.intake.models import PendingUpload
from inquiries.platform import Refused, files

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from inquiries.casefile.models import Inquiry

MEGABYTE = 1024 * 1024
MAX_FILES = 5
MAX_FILE_SIZE = 10 * MEGABYTE
MAX_TOTAL_SIZE = 20 * MEGABYTE

UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def _begins(*beginnings: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(beginnings)


def _is_text(content: bytes) -> bool:
    return content.startswith(UTF_16) or b"\x00" not in content


_pdf = _begins(b"%PDF-", b"\xef\xbb\xbf%PDF-", b"\r\n%PDF-", b"\n%PDF-")
_zip = _begins(b"PK\x03\x04")
_ole = _begins(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_jpeg = _begins(b"\xff\xd8\xff")

OFFICE = "application/vnd.openxmlformats-officedocument."
KINDS: dict[str, tuple[str, Callable[[bytes], bool]]] = {
    "pdf": ("application/pdf", _pdf),
    "docx": (OFFICE + "wordprocessingml.document", _zip),
    "doc": ("application/msword", _ole),
    "xlsx": (OFFICE + "spreadsheetml.sheet", _zip),
    "xls": ("application/vnd.ms-excel", _ole),
    "pptx": (OFFICE + "presentationml.presentation", _zip),
    "odt": ("application/vnd.oasis.opendocument.text", _zip),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet", _zip),
    "txt": ("text/plain", _is_text),
    "csv": ("text/csv", _is_text),
    "jpg": ("image/jpeg", _jpeg),
    "jpeg": ("image/jpeg", _jpeg),
    "png": ("image/png", _begins(b"\x89PNG\r\n\x1a\n")),
}
"""Ending → type that the file is sent out with (never the sender's word), and how it begins."""


@dataclass(frozen=True)
class Incoming:
    """A file as it came in."""

    name: str
    content: bytes


def waiting(session: Session, form_key: str) -> Sequence[PendingUpload]:
    """Return the files that wait under a form's key, in the order of their arrival."""
    listed = sa.select(PendingUpload).where(PendingUpload.form_key == form_key)
    return session.scalars(listed.order_by(PendingUpload.id)).all()


def keep(
    session: Session, form_key: str, incoming: Iterable[Incoming], *, now: datetime
) -> list[str]:
    """Let files wait under a form's key; return a sentence for each that does not come in."""
    kept = list(waiting(session, form_key))
    known = {(file.filename, file.sha256) for file in kept}
    refusals = []
    for file in incoming:
        name = files.safe_name(file.name)
        if (name, hashlib.sha256(file.content).hexdigest()) in known:
            continue  # chosen once more, as people do after an error
        try:
            content_type = _checked(name, file.content, kept)
        except Refused as refusal:
            refusals.append(refusal.sentence)
            continue
        stored = files.store(file.content)
        row = PendingUpload(
            form_key=form_key,
            filename=name,
            content_type=content_type,
            size=stored.size,
            sha256=stored.sha256,
            storage_key=stored.storage_key,
            created_at=now,
        )
        session.add(row)
        kept.append(row)
        known.add((row.filename, row.sha256))
    session.flush()
    return refusals


def _checked(name: str, content: bytes, kept: Sequence[PendingUpload]) -> str:
    """Return the type of a file that may come in.

    Raises:
        Refused: with the file's name and what is wrong with it.
    """
    _stem, _dot, ending = name.rpartition(".")
    if ending.lower() not in KINDS:
        endings = ", ".join(KINDS)
        raise Refused(f"„{name}“: Diese Art Datei nehmen wir nicht an. Möglich sind: {endings}.")
    content_type, fits = KINDS[ending.lower()]
    if not content:
        raise Refused(f"„{name}“: Die Datei ist leer.")
    if len(content) > MAX_FILE_SIZE:
        raise Refused(f"„{name}“: Die Datei ist zu groß. Möglich sind 10 MB je Datei.")
    if not fits(content):
        raise Refused(
            f"„{name}“: Der Inhalt passt nicht zur Endung .{ending}. "
            "Bitte öffnen Sie die Datei und speichern Sie sie neu."
        )
    if len(kept) >= MAX_FILES:
        raise Refused(f"„{name}“: Möglich sind {MAX_FILES} Dateien.")
    if sum(file.size for file in kept) + len(content) > MAX_TOTAL_SIZE:
        raise Refused(f"„{name}“: Zusammen sind 20 MB möglich.")
    return content_type


def drop(session: Session, form_key: str, ids: Iterable[int]) -> list[str]:
    """Take files away again; return the storage keys to remove once that is committed."""
    gone = sa.delete(PendingUpload).where(
        PendingUpload.form_key == form_key, PendingUpload.id.in_(list(ids))
    )
    return list(session.scalars(gone.returning(PendingUpload.storage_key)))


def hand_over(session: Session, form_key: str) -> tuple[Upload, ...]:
    """Return the files that waited under a form's key, which now belong to a message."""
    gone = (
        sa.delete(PendingUpload)
        .where(PendingUpload.form_key == form_key)
        .returning(
            PendingUpload.id,
            PendingUpload.filename,
            PendingUpload.content_type,
            PendingUpload.storage_key,
            PendingUpload.size,
            PendingUpload.sha256,
        )
        .execution_options(synchronize_session=False)
    )
    rows = sorted(session.execute(gone))
    return tuple(
        Upload(
            row.filename,
            row.content_type,
            files.StoredFile(row.storage_key, row.size, row.sha256),
        )
        for row in rows
    )


def tell_apart(
    session: Session, inquiry: Inquiry, handed_over: Iterable[Upload]
) -> tuple[list[Upload], list[Upload]]:
    """Return which files are new to an inquiry, and which it has already.

    Sending a form twice brings its files twice; a file that was added in between is no repetition.
    """
    held = sa.select(Attachment.filename, Attachment.sha256)
    known = {tuple(row) for row in session.execute(held.where(Attachment.inquiry_id == inquiry.id))}
    new: list[Upload] = []
    spare: list[Upload] = []
    for upload in handed_over:
        is_known = (upload.filename, upload.stored.sha256) in known
        (spare if is_known else new).append(upload)
    return new, spare
