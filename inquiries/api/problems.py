"""Errors of the API as RFC 9457 problem details."""

from __future__ import annotations

import json
import typing as t
from http import HTTPStatus

from flask import Response

from inquiries.platform.web.errors import log_reference

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue

    from inquiries.platform import Refused

PROBLEM_TYPE = "application/problem+json"


class Problem(Exception):
    """The API says no.

    Args:
        status: HTTP status.
        detail: what is wrong with this request, for whoever reads the caller's log.
        headers: headers that belong to the status, such as `WWW-Authenticate`.
        more: further members of the problem, such as `errors` or the current `version`.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **more: object,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = more


def problem(status: int, sentence: str, number: str, **more: object) -> ResponseReturnValue:
    """Answer with a problem; `number` is the one in the log."""
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": sentence or title}
    return Response(
        json.dumps({**body, "instance": f"urn:anlaufstelle:log:{number}", **more}),
        status=status,
        content_type=PROBLEM_TYPE,
    )


def answer_problem(error: Problem) -> ResponseReturnValue:
    """Answer what the API itself refuses; neither the body nor the token goes into the log."""
    number = log_reference(error.status, detail=error.detail)
    answer = t.cast("Response", problem(error.status, error.detail, number, **error.more))
    answer.headers.update(error.headers)
    return answer


def answer_refusal(refusal: Refused) -> ResponseReturnValue:
    """Answer what a service refuses, and point at the field if it names one."""
    number = log_reference(refusal.status, sentence=refusal.sentence)
    more: dict[str, object] = {}
    if refusal.field:
        more["errors"] = [{"detail": refusal.sentence, "pointer": f"#/{refusal.field}"}]
    return problem(refusal.status, refusal.sentence, number, **more)
