"""Read tables of a TOML file field by field, and collect everything that is wrong with them."""

from __future__ import annotations

import difflib
import re
import typing as t
from datetime import date


class Problems:
    """What is wrong with a file; each problem names file, line, table and entry."""

    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._text = text
        self.found: list[str] = []

    def add(self, where: str, what: str, line: int | None = None) -> None:
        """Remember a problem."""
        at = f"{self._file}, line {line}" if line else self._file
        self.found.append(f"{at}, {where}: {what}")

    def line_of(self, header: str, number: int) -> int | None:
        """Return the line of the n-th `[header]` or `[[header]]`, counted from 1."""
        pattern = re.compile(rf"^\s*\[\[?{re.escape(header)}\]\]?", re.MULTILINE)
        for count, match in enumerate(pattern.finditer(self._text), start=1):
            if count == number:
                return self._text.count("\n", 0, match.end()) + 1
        return None


class Table:
    """One table of the file: gives its fields typed, and notes what is wrong or unknown."""

    def __init__(self, problems: Problems, header: str, number: int, raw: object) -> None:
        self._problems = problems
        self._line = problems.line_of(header, number)
        self._raw: dict[str, t.Any] = raw if isinstance(raw, dict) else {}
        self._asked: set[str] = set()
        name = self._raw.get("key") or self._raw.get("name") or self._raw.get("person")
        self._where = f"[[{header}]] no. {number}" if number else f"[{header}]"
        if number and isinstance(name, str):
            self._where += f" („{name}“)"
        if not isinstance(raw, dict):
            self.wrong("is not a table")

    def wrong(self, what: str) -> None:
        """Note that something is wrong here."""
        self._problems.add(self._where, what, self._line)

    def text(self, field: str, *, needed: bool = False, default: str = "") -> str:
        """Return a text without blanks around it."""
        value = self._value(field, default)
        if not isinstance(value, str):
            self.wrong(f"{field} must be a text in quotes")
            return default
        if needed and not value.strip():
            self.wrong(f"{field} is missing")
        return value.strip()

    def key(self, field: str = "key") -> str:
        """Return the entry's own key: small letters, digits and hyphens."""
        value = self.text(field, needed=True)
        if value and not re.fullmatch(r"[a-z0-9][a-z0-9-]*", value):
            self.wrong(f"{field} „{value}“ may have small letters, digits and hyphens only")
        return value

    def holds_text(self, field: str) -> bool:
        """Tell whether the field is a text, where other types are allowed too."""
        return isinstance(self._raw.get(field), str)

    def texts(self, field: str) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self._value(field, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.wrong(f'{field} must be a list of texts, such as ["one", "two"]')
            return ()
        return tuple(item.strip() for item in value if item.strip())

    def number(self, field: str, default: int, least: int, most: int) -> int:
        """Return a whole number between two bounds."""
        value = self._value(field, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.wrong(f"{field} must be a whole number from {least} to {most}")
            return default
        return value

    def day(self, field: str) -> date | None:
        """Return a day; in TOML written without quotes, 2026-12-28."""
        value = self._value(field, None)
        if isinstance(value, str):
            try:
                return date.fromisoformat(value)
            except ValueError:
                value = None
        if type(value) is not date:
            self.wrong(f"{field} must be a day such as 2026-12-28")
            return None
        return value

    def subtable(self, field: str) -> dict[str, t.Any]:
        """Return a table inside this one."""
        value = self._value(field, {})
        if not isinstance(value, dict):
            self.wrong(f"{field} must be a table")
            return {}
        return value

    def one_of(self, field: str, known: t.Collection[str], what: str) -> str:
        """Return a text that has to be one of those known; empty if the field is left out."""
        value = self.text(field)
        if value and value not in known:
            self.wrong(f"{field} „{value}“ is not among {what}{_meant(value, known)}")
        return value

    def finish(self) -> None:
        """Note the fields that nobody asked for: they are misspelt."""
        for field in self._raw:
            if field not in self._asked:
                self.wrong(f"unknown field „{field}“{_meant(field, self._asked)}")

    def _value(self, field: str, default: object) -> t.Any:  # noqa: ANN401 - any TOML value
        self._asked.add(field)
        return self._raw.get(field, default)


def _meant(written: str, known: t.Collection[str]) -> str:
    close = difflib.get_close_matches(written, list(known), n=1)
    return f", did you mean „{close[0]}“?" if close else ""
