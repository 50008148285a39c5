"""Static files: URLs with a content hash, kept by browsers for ever, sent compressed."""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, request, url_for

from inquiries.platform.web.doors import open_to_all

YEAR = 365 * 24 * 3600
OWN_STYLES = ("fonts", "theme", "layout", "queue", "charts", "print")
TEXT_TYPES = {"text/css", "text/javascript", "application/javascript", "image/svg+xml"}


def install(app: Flask) -> None:
    """Offer `asset(path)` and `stylesheet()` to templates, and serve what they name."""
    folder = Path(app.static_folder or "")
    urls: dict[str, str] = {}

    def asset(path: str) -> str:
        if path not in urls or app.debug:
            version = _hash((folder / path).read_bytes())
            urls[path] = url_for("static", filename=path, v=version)
        return urls[path]

    def own_styles() -> bytes:
        """Return our five style sheets as one: five requests would cost a first visit more."""
        return b"\n".join((folder / "css" / f"{name}.css").read_bytes() for name in OWN_STYLES)

    def stylesheet() -> str:
        if "" not in urls or app.debug:
            urls[""] = url_for("stylesheet", v=_hash(own_styles()))
        return urls[""]

    @open_to_all
    def send_stylesheet() -> Response:
        return Response(own_styles(), mimetype="text/css")

    app.jinja_env.globals.update(asset=asset, stylesheet=stylesheet)
    app.add_url_rule("/static/css/stil.css", "stylesheet", send_stylesheet)
    app.after_request(_serve_well)


def _serve_well(response: Response) -> Response:
    """Let browsers keep hashed files, and compress text."""
    if request.endpoint in {"static", "stylesheet"} and response.status_code == 200:
        if request.args.get("v"):
            response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
        if response.mimetype in TEXT_TYPES and request.accept_encodings["gzip"]:
            response.direct_passthrough = False
            response.set_data(_compressed(response.get_data()))
            response.headers["Content-Encoding"] = "gzip"
        response.vary.add("Accept-Encoding")
    return response


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


@lru_cache(maxsize=32)
def _compressed(content: bytes) -> bytes:
    return gzip.compress(content, 9)
