"""How requests are read: strictly, with problems that point at what is wrong."""

from __future__ import annotations

import typing as t

import marshmallow as ma
from webargs.flaskparser import FlaskParser

from inquiries.api.problems import Problem

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import flask

NO_JSON = "The body is not JSON in UTF-8."


class StrictParser(FlaskParser):
    """Refuses unknown fields everywhere, and answers with problems."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {  # noqa: RUF012 - declared by webargs
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": ma.RAISE,
    }

    def _raw_load_json(self, req: flask.Request) -> object:
        try:
            return super()._raw_load_json(req)
        except (ValueError, RecursionError) as error:
            # Besides bad JSON: a number of thousands of digits, brackets in brackets in brackets.
            raise Problem(400, NO_JSON) from error

    def handle_error(
        self,
        error: ma.ValidationError,
        req: flask.Request,
        schema: ma.Schema,
        *,
        error_status_code: int | None,
        error_headers: Mapping[str, str] | None,
    ) -> t.NoReturn:
        """Refuse a request whose fields do not fit."""
        found = [
            {
                "detail": detail,
                **({"pointer": where} if where.startswith("#") else {"parameter": where}),
            }
            for where, detail in _flat(t.cast("dict[str, t.Any]", error.messages))
        ]
        raise Problem(422, "The request does not fit, see errors.", errors=found) from error


def _flat(messages: Mapping[str, t.Any]) -> Iterator[tuple[str, str]]:
    """Return place and message of every error; a place in the body is a JSON pointer."""
    for location, fields in messages.items():
        for name, details in fields.items():
            field = "" if name == "_schema" else str(name)
            where = f"#/{field}" if location == "json" else field
            for detail in details if isinstance(details, list) else [str(details)]:
                yield where, detail
