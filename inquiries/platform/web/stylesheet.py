"""The product's own style sheets as one file: five to read and edit, one to fetch."""

from __future__ import annotations

import hashlib
import typing as t
from pathlib import Path

from flask import Flask, Response, request, url_for

from inquiries.platform.web.assets import YEAR
from inquiries.platform.web.doors import open_to_all

# In the order of the cascade.
SHEETS = ("fonts", "theme", "layout", "queue", "print")


def install(app: Flask) -> None:
    """Serve the joined sheets at /static/css/all.css; offer `stylesheet()` to templates."""
    folder = Path(app.static_folder or "") / "css"
    joined: list[tuple[str, str]] = []

    def current() -> tuple[str, str]:
        if not joined or app.debug:
            text = "\n".join((folder / f"{name}.css").read_text("utf-8") for name in SHEETS)
            joined[:] = [(text, hashlib.sha256(text.encode()).hexdigest()[:12])]
        return joined[0]

    @app.get("/static/css/all.css")
    @open_to_all
    def own_styles() -> Response:
        text, version = current()
        answer = Response(text, mimetype="text/css")
        answer.set_etag(version)
        if request.args.get("v") == version:
            answer.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
        return t.cast("Response", answer.make_conditional(request))

    def stylesheet() -> str:
        return url_for("own_styles", v=current()[1])

    app.jinja_env.globals["stylesheet"] = stylesheet
