"""Sending attachments: always saved to disk, never shown or run by the browser on our pages."""

from __future__ import annotations

import typing as t

from flask import abort, send_file

from inquiries.platform import files

if t.TYPE_CHECKING:
    from flask import Response


SAFE_TYPES = frozenset(
    {
        "application/pdf",
        "image/jpeg",
        "image/png",
        "image/gif",
        "image/webp",
        "text/plain",
        "text/csv",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.spreadsheet",
    }
)
"""Sent as what they are; anything else is handed out as mere bytes."""

ANYTHING = "application/octet-stream"


def send_attachment(storage_key: str, filename: str, content_type: str) -> Response:
    """Send the bytes of a key under the file's own name; 404 where they are lost (see doctor)."""
    path = files.path_of(storage_key)
    if not path.is_file():
        abort(404)
    answer = send_file(
        path,
        mimetype=content_type if content_type in SAFE_TYPES else ANYTHING,
        as_attachment=True,
        download_name=filename,
        conditional=True,
    )
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
