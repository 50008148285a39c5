"""Errors of the API as RFC 9457 problem details."""

from __future__ import annotations

import json
import typing as t
from http import HTTPStatus

from flask import Response

if t.TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

PROBLEM_TYPE = "application/problem+json"


def problem(status: int, sentence: str, number: str, **more: object) -> ResponseReturnValue:
    """Answer with a problem; `number` is the one in the log."""
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": sentence or title}
    return Response(
        json.dumps({**body, "instance": f"urn:anlaufstelle:log:{number}", **more}),
        status=status,
        content_type=PROBLEM_TYPE,
    )
