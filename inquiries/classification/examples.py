"""Messages whose right topic is known: from the catalogue, or from a file of JSON lines."""

from __future__ import annotations

import json
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Iterable


class Example(t.NamedTuple):
    """A message with its right topic."""

    subject: str
    body: str
    topic: str


class WrongLine(t.NamedTuple):
    """A line of a file that is no example, with its number (from 1) and what is wrong."""

    number: int
    reason: str


def from_text(text: str, topic: str) -> Example:
    """Return the example of a text whose first paragraph is the subject, if there is another."""
    subject, gap, body = text.partition("\n\n")
    return Example(subject, body, topic) if gap else Example("", text, topic)


def read_lines(lines: Iterable[bytes]) -> tuple[list[Example], list[WrongLine]]:
    """Read lines `{"text", "label"}` or `{"subject", "body", "topic"}`; empty lines do not count.

    Returns:
        The examples, and the lines that are none.
    """
    examples: list[Example] = []
    wrong: list[WrongLine] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            examples.append(_read_line(line.decode("utf-8-sig" if number == 1 else "utf-8")))
        except UnicodeDecodeError:
            wrong.append(WrongLine(number, "not UTF-8"))
        except RecursionError:
            wrong.append(WrongLine(number, "nested too deeply"))
        except _NoExample as error:
            wrong.append(WrongLine(number, str(error)))
    return examples, wrong


class _NoExample(Exception):
    """A line is no example; the message says why."""


def _read_line(line: str) -> Example:
    try:
        entry = json.loads(line)
    except json.JSONDecodeError as error:
        raise _NoExample(f"not JSON: {error.msg} at character {error.colno}") from None
    except ValueError as error:
        raise _NoExample(f"not JSON: {error}") from None
    if not isinstance(entry, dict):
        raise _NoExample("not an object")
    names = ("text", "label") if "text" in entry else ("subject", "body", "topic")
    for name in names:
        if not isinstance(entry.get(name), str):
            raise _NoExample(f"'{name}' is missing or no text")
    label = entry[names[-1]].strip()
    if not label:
        raise _NoExample(f"'{names[-1]}' is empty")
    if "text" in entry:
        return from_text(entry["text"], label)
    return Example(entry["subject"], entry["body"], label)
