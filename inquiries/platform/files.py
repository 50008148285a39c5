"""Storage of attachments: bytes under a generated key, never under a name from outside."""

from __future__ import annotations

import hashlib
import os
import typing as t
import unicodedata
import uuid
from dataclasses import dataclass

from inquiries.platform.settings import settings

if t.TYPE_CHECKING:
    from pathlib import Path

MAX_NAME = 120
UNNAMED = "datei"


@dataclass(frozen=True)
class StoredFile:
    """Bytes that lie in the storage."""

    storage_key: str
    size: int
    sha256: str


def path_of(storage_key: str) -> Path:
    """Return where the bytes of a key lie; keys come from `store` only."""
    return settings().storage / storage_key[:2] / storage_key


def store(content: bytes) -> StoredFile:
    """Write bytes durably before the row that names them is committed.

    A crash in between leaves a file without a row, which the doctor finds, never the reverse.
    """
    key = uuid.uuid4().hex
    path = path_of(key)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    _keep_name(path.parent)
    return StoredFile(key, len(content), hashlib.sha256(content).hexdigest())


def _keep_name(folder: Path) -> None:
    """Let the folder's entry survive a power cut, too; the bytes alone would lie there unnamed."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def remove(storage_key: str) -> None:
    """Delete the bytes; deleting twice does no harm."""
    path_of(storage_key).unlink(missing_ok=True)


def safe_name(name: str) -> str:
    r"""Return a file name that is safe to show and to save under, keeping letters and ending.

    Paths, control characters, direction marks and zero-width characters are cut out
    (`../../x`, `C:\x`, `.htaccess` behind a zero-width space); an empty name gets one.
    """
    visible = "".join(sign for sign in unicodedata.normalize("NFC", name) if sign.isprintable())
    base = visible.replace("\\", "/").rsplit("/", 1)[-1].strip(" .")
    if len(base) > MAX_NAME:
        stem, dot, ending = base.rpartition(".")
        base = f"{stem[: MAX_NAME - 12]}.{ending[:10]}" if dot else base[:MAX_NAME]
    return base or UNNAMED
