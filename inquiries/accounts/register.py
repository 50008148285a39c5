"""Read the official register of municipalities (Gemeindeverzeichnis) in the forms it comes in.

Two forms are known: the fixed-width file GV100AD of the Federal Statistical Office (record layout
in the „Datensatzbeschreibung GV100AD“ that lies beside the file in its ZIP), and a CSV with the
columns `ags, name, district_name, plz` and further ones that are not needed. Keys that have changed
stand in a CSV of their own.
"""

from __future__ import annotations

import csv
import re
import typing as t
from dataclasses import dataclass
from datetime import date

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MUNICIPALITY = "60"
DISTRICT = "40"
UNINCORPORATED = {"65", "66"}
"""Textkennzeichen of gemeindefreie Gebiete: nobody lives or asks there."""

RURAL_DISTRICT = "44"
KEY = re.compile(r"\d{8}")


class WrongRegister(ValueError):
    """The file is not a register in a known form; the message names file and line."""


@dataclass(frozen=True)
class Entry:
    """A municipality as the register has it."""

    ags: str
    name: str
    district: str
    postcode: str


@dataclass(frozen=True)
class Register:
    """All municipalities of a territory, and the day it is valid for, if the file says so."""

    entries: tuple[Entry, ...]
    as_of: date | None


@dataclass(frozen=True)
class KeyChange:
    """A key that stopped being valid on the day before `since`."""

    old_ags: str
    old_name: str
    new_ags: str
    since: date
    merged: bool


def read(path: Path, state: str) -> Register:
    """Read a register file of either form; `state` is the first two digits of the keys wanted.

    Raises:
        WrongRegister: when the file has neither form, a line is broken, or nothing is left.
    """
    text = _decoded(path)
    first_line = text.split("\n", 1)[0]
    if re.match(r"[1-6]0\d{8}", first_line):
        register = _fixed_width(path.name, text, state)
    elif "ags" in first_line.split(","):
        entries = tuple(entry for entry in _from_csv(path.name, text) if entry.ags[:2] == state)
        register = Register(entries, None)
    else:
        message = f"{path.name}: neither GV100AD nor a CSV with a column „ags“"
        raise WrongRegister(message)
    if not register.entries:
        message = f"{path.name}: no municipality whose key begins with {state}"
        raise WrongRegister(message)
    return register


def read_changes(path: Path) -> tuple[KeyChange, ...]:
    """Read the CSV of changed keys: `old_ags, old_name, new_ags, valid_from, kind`."""
    changes = []
    for number, row in _rows(path.name, _decoded(path), ("old_ags", "old_name", "new_ags")):
        try:
            since = date.fromisoformat(row["valid_from"])
        except (KeyError, ValueError):
            message = f"{path.name}, line {number}: valid_from is not a date such as 2026-01-01"
            raise WrongRegister(message) from None
        _check_key(path.name, number, row["old_ags"])
        _check_key(path.name, number, row["new_ags"])
        merged = row.get("kind", "").startswith("merged")
        changes.append(KeyChange(row["old_ags"], row["old_name"], row["new_ags"], since, merged))
    return tuple(changes)


def _decoded(path: Path) -> str:
    """Return the text; newer files are in UTF-8, older ones in ISO 8859-1."""
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("iso-8859-1")


def _fixed_width(name: str, text: str, state: str) -> Register:
    """Read GV100AD. Positions as in its record description, counted from 0 here.

    0 kind of record, 2 day of the territory, 10 key (district 5, municipality 3 more digits),
    22 name, 122 Textkennzeichen, 165 postcode of the administration's seat.
    """
    districts: dict[str, str] = {}
    entries: list[Entry] = []
    as_of: date | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        kind, key = line[:2], line[10:18]
        if kind not in {DISTRICT, MUNICIPALITY} or key[:2] != state:
            continue
        label = line[22:72].strip()
        if kind == DISTRICT:
            rural = line[122:124] == RURAL_DISTRICT and not label.endswith(("kreis", "Kreis"))
            districts[key[:5]] = f"Landkreis {label}" if rural else label.split(",")[0]
            continue
        if line[122:124] in UNINCORPORATED:
            continue
        _check_key(name, number, key)
        try:
            as_of = date.fromisoformat(line[2:10])
        except ValueError:
            message = f"{name}, line {number}: „{line[2:10]}“ is not a day"
            raise WrongRegister(message) from None
        entries.append(Entry(key, label, districts.get(key[:5], ""), line[165:170].strip()))
    return Register(tuple(entries), as_of)


def _from_csv(name: str, text: str) -> Iterator[Entry]:
    for number, row in _rows(name, text, ("ags", "name", "district_name", "plz")):
        _check_key(name, number, row["ags"])
        yield Entry(row["ags"], row["name"], row["district_name"], row["plz"])


def _rows(name: str, text: str, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(text.splitlines())
    if missing := [column for column in columns if column not in (reader.fieldnames or ())]:
        message = f"{name}: column {', '.join(missing)} is missing"
        raise WrongRegister(message)
    for row in reader:
        yield reader.line_num, {key: value or "" for key, value in row.items() if key}


def _check_key(name: str, number: int, key: str) -> None:
    if not KEY.fullmatch(key):
        message = f"{name}, line {number}: „{key}“ is not a key of eight digits"
        raise WrongRegister(message)
