"""Static files: URLs with a content hash, so that browsers keep them for ever."""

from __future__ import annotations

import hashlib
import typing as t
from pathlib import Path

from flask import Flask, url_for

if t.TYPE_CHECKING:
    from flask import Response

YEAR = 365 * 24 * 3600


def install(app: Flask) -> None:
    """Offer `asset(path)` to templates and answer hashed URLs with a long life."""
    folder = Path(app.static_folder or "")
    urls: dict[str, str] = {}

    def asset(path: str) -> str:
        if path not in urls or app.debug:
            content = (folder / path).read_bytes()
            version = hashlib.sha256(content).hexdigest()[:12]
            urls[path] = url_for("static", filename=path, v=version)
        return urls[path]

    app.jinja_env.globals["asset"] = asset

    @app.after_request
    def keep_hashed_files(response: Response) -> Response:
        from flask import request

        if request.endpoint == "static" and request.args.get("v") and response.status_code == 200:
            response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
        return response
