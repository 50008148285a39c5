"""The ground that every stage stands on."""

from __future__ import annotations


class Refused(Exception):
    """A service says no with a sentence that the user can act on.

    Args:
        sentence: German, complete, without internals; shown beside the form.
        field: name of the form field it belongs to, if there is one.
        status: HTTP status for callers that answer over HTTP.
    """

    def __init__(self, sentence: str, *, field: str | None = None, status: int = 422) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field
        self.status = status


class Outdated(Refused):
    """Somebody else changed the file since the user opened it; nothing was written."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, status=409)
