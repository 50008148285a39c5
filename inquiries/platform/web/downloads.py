"""Sending attachments: always saved to disk, never shown or run by the browser on our pages."""

from __future__ import annotations

import typing as t

from flask import send_file

from inquiries.platform import files

if t.TYPE_CHECKING:
    from flask import Response


def send_attachment(storage_key: str, filename: str, content_type: str) -> Response:
    """Send the bytes of a key under the file's own name."""
    answer = send_file(
        files.path_of(storage_key),
        mimetype=content_type,
        as_attachment=True,
        download_name=filename,
        conditional=True,
    )
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
