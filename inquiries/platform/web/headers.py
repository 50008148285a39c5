"""Security headers of every answer."""

from __future__ import annotations

import typing as t

from flask import request, session

if t.TYPE_CHECKING:
    from flask import Flask, Response

# `data:` is for KERN's icons, which are masks in its style sheet.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


def install(app: Flask) -> None:
    """Add the headers to every answer that has not set its own."""
    https = app.config["BASE_URL"].startswith("https://")

    @app.after_request
    def secure(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", POLICY)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        # Status links carry their secret in the address: it must not travel to other sites.
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if https:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if request.endpoint != "static" and "Cache-Control" not in headers:
            headers["Cache-Control"] = "no-store" if _personal() else "no-cache"
        return response


def _personal() -> bool:
    """Tell whether the answer may hold what only this reader may see; asks no database."""
    return bool(request.view_args and "token" in request.view_args) or "_user_id" in session
