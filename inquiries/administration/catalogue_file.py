"""Read and check a catalogue file; nothing here touches the database.

A catalogue holds a centre's own words and people: `docs/operators/catalogue.md` explains it.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
import typing as t
from datetime import date

from inquiries.accounts.models import Role
from inquiries.administration.catalogue_entries import (
    AbsenceEntry,
    CarrierEntry,
    Catalogue,
    CentreEntry,
    ClosingEntry,
    NamedEntry,
    RoutingEntry,
    StaffEntry,
    TextModuleEntry,
    TopicEntry,
)
from inquiries.administration.toml_reading import Problems, Table

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Entry = t.TypeVar("Entry")

SPAM = "spam"
YEARLY = re.compile(r"(\d\d)-(\d\d)")
TABLES = (
    "carriers",
    "staff",
    "absences",
    "closing_days",
    "kinds",
    "requester_groups",
    "routing",
    "text_modules",
    "topics",
)
FORMAT = "1"
"""Part of the fingerprint: raise it when loading makes something else of the same file."""


class WrongCatalogue(ValueError):
    """The file cannot be loaded; `problems` has a line for each thing that is wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def fingerprint(path: Path) -> str:
    """Return a fingerprint of the file and its examples, without checking them.

    Raises:
        WrongCatalogue: when the file is no TOML or an example file is missing.
    """
    content = path.read_bytes()
    marks = hashlib.sha256(FORMAT.encode() + content)
    for file in _example_files(path, _parsed(path, content)):
        marks.update(file.read_bytes())
    return marks.hexdigest()


def read(path: Path) -> Catalogue:
    """Read and check a catalogue.

    Raises:
        WrongCatalogue: with everything that is wrong, not only the first thing.
    """
    content = path.read_bytes()
    raw = _parsed(path, content)
    problems = Problems(path.name, content.decode())
    catalogue = _Reader(raw, problems).read(_examples(path, raw, problems))
    if problems.found:
        raise WrongCatalogue(problems.found)
    return catalogue


def _parsed(path: Path, content: bytes) -> dict[str, t.Any]:
    try:
        return tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongCatalogue([f"{path.name}: {error}"]) from None


def _example_files(path: Path, raw: dict[str, t.Any]) -> list[Path]:
    named = raw.get("examples", [])
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        raise WrongCatalogue([f"{path.name}: examples must be a list of file names"])
    files = [path.parent / name for name in named]
    if missing := [file.name for file in files if not file.is_file()]:
        raise WrongCatalogue([f"{path.name}: examples: file {name} is missing" for name in missing])
    return files


def _examples(path: Path, raw: dict[str, t.Any], problems: Problems) -> tuple[tuple[str, str], ...]:
    topics = raw.get("topics")
    known = {entry.get("key") for entry in topics} if isinstance(topics, list) else set()
    found: dict[tuple[str, str], None] = {}
    for file in _example_files(path, raw):
        lines = _from_toml if file.suffix == ".toml" else _from_jsonl
        for number, topic, text in lines(file):
            if topic not in {*known, SPAM}:
                problems.add(f"{file.name} no. {number}", f"topic „{topic}“ is not in [[topics]]")
            elif not text.strip():
                problems.add(f"{file.name} no. {number}", "the text is empty")
            else:
                found[topic, text.strip()] = None
    return tuple(found)


def _from_toml(file: Path) -> Iterator[tuple[int, str, str]]:
    entries = _parsed(file, file.read_bytes()).get("examples", [])
    for number, entry in enumerate(entries, start=1):
        text = entry.get("text", "")
        yield number, entry.get("topic", file.stem), text if isinstance(text, str) else ""


def _from_jsonl(file: Path) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            entry = json.loads(line)
            yield number, entry["topic"], f"{entry['subject']}\n\n{entry['body']}"
        except (ValueError, KeyError, TypeError) as error:
            raise WrongCatalogue([f"{file.name}, line {number}: {error!r}"]) from None


class _Reader:
    """Turns the raw tables into entries; what refers to others is checked against their keys."""

    def __init__(self, raw: dict[str, t.Any], problems: Problems) -> None:
        self._raw = raw
        self._problems = problems
        self._keys = {name: self._keys_of(name) for name in TABLES}

    def read(self, examples: tuple[tuple[str, str], ...]) -> Catalogue:
        for unknown in sorted(self._raw.keys() - {*TABLES, "centre", "examples", SPAM}):
            self._problems.add(f"[{unknown}]", "unknown table")
        for needed in ("carriers", "topics"):
            if not self._keys[needed]:
                self._problems.add(f"[[{needed}]]", "at least one is needed")
        staff = tuple(self._each("staff", self._person))
        addresses = [person.email for person in staff if person.email]
        for address in {one for one in addresses if addresses.count(one) > 1}:
            self._problems.add("[[staff]]", f"two people have the address {address}")
        return Catalogue(
            centre=self._centre(),
            carriers=tuple(self._each("carriers", self._carrier)),
            staff=staff,
            absences=tuple(self._each("absences", self._absence)),
            closing_days=tuple(self._each("closing_days", self._closing_day)),
            kinds=tuple(self._each("kinds", self._named)),
            requester_groups=tuple(self._each("requester_groups", self._named)),
            routing=tuple(self._each("routing", self._route)),
            text_modules=tuple(self._each("text_modules", self._module)),
            topics=tuple(self._each("topics", self._topic)),
            spam=self._spam(),
            examples=examples,
        )

    def _rows(self, name: str) -> list[t.Any]:
        rows = self._raw.get(name, [])
        if not isinstance(rows, list):
            self._problems.add(f"[{name}]", f"write [[{name}]], with two brackets")
            return []
        return rows

    def _keys_of(self, name: str) -> list[str]:
        rows = self._raw.get(name, [])
        rows = rows if isinstance(rows, list) else []
        return [str(row["key"]) for row in rows if isinstance(row, dict) and "key" in row]

    def _each(self, name: str, read: Callable[[Table], Entry]) -> Iterator[Entry]:
        for number, raw in enumerate(self._rows(name), start=1):
            table = Table(self._problems, name, number, raw)
            yield read(table)
            table.finish()
            if isinstance(raw, dict) and self._keys[name].count(str(raw.get("key"))) > 1:
                table.wrong("the key stands in more than one entry")

    def _centre(self) -> CentreEntry:
        table = Table(self._problems, "centre", 0, self._raw.get("centre", {}))
        short_name = table.text("short_name", needed=True)
        if short_name and not re.fullmatch(r"[A-Z][A-Z0-9]{1,9}", short_name):
            table.wrong("short_name must be 2 to 10 capital letters and digits")
        texts = table.subtable("texts")
        for name in [name for name, text in texts.items() if not isinstance(text, str)]:
            table.wrong(f"texts.{name} must be a text in quotes")
        fallback = table.one_of("fallback_carrier", self._keys["carriers"], "[[carriers]]")
        if not fallback and "fallback_carrier" not in self._raw.get("centre", {}):
            table.wrong("fallback_carrier is missing")
        entry = CentreEntry(
            name=table.text("name", needed=True),
            short_name=short_name,
            phone=table.text("phone"),
            email=self._address(table),
            answer_days=table.number("answer_days", 5, 1, 60),
            fallback_carrier=fallback,
            texts={name: str(text).strip() for name, text in texts.items()},
        )
        table.finish()
        return entry

    def _carrier(self, table: Table) -> CarrierEntry:
        return CarrierEntry(
            key=table.key(),
            name=table.text("name", needed=True),
            short_name=table.text("short_name", needed=True),
            email=self._address(table),
            phone=table.text("phone"),
        )

    def _person(self, table: Table) -> StaffEntry:
        role = table.one_of("role", [*Role], "the roles advisor, coordinator, administrator")
        carrier = table.one_of("carrier", self._keys["carriers"], "[[carriers]]")
        if not carrier:
            table.wrong("carrier is missing")
        return StaffEntry(
            key=table.key(),
            name=table.text("name", needed=True),
            email=self._address(table, needed=True),
            title=table.text("title"),
            phone=table.text("phone"),
            carrier=carrier,
            role=role or Role.ADVISOR,
            former_names=table.texts("former_names"),
            former_emails=tuple(address.lower() for address in table.texts("former_emails")),
        )

    def _absence(self, table: Table) -> AbsenceEntry:
        person = table.one_of("person", self._keys["staff"], "[[staff]]")
        deputy = table.one_of("deputy", self._keys["staff"], "[[staff]]")
        first, last = table.day("from"), table.day("until")
        if not person:
            table.wrong("person is missing")
        if person and person == deputy:
            table.wrong("nobody stands in for herself")
        if first and last and last < first:
            table.wrong(f"until {last} lies before from {first}")
        return AbsenceEntry(person, deputy, first or date.min, last or date.min)

    def _closing_day(self, table: Table) -> ClosingEntry:
        name = table.text("name", needed=True)
        written = table.text("day") if table.holds_text("day") else ""
        if yearly := YEARLY.fullmatch(written):
            month, day = int(yearly[1]), int(yearly[2])
            entry = ClosingEntry(month, day, None, name)
            if entry.in_year(2024) is None:
                table.wrong(f"day „{written}“ is no day of a year")
            return entry
        day_meant = table.day("day") or date.min
        return ClosingEntry(day_meant.month, day_meant.day, day_meant.year, name)

    def _named(self, table: Table) -> NamedEntry:
        return NamedEntry(table.key(), table.text("name", needed=True))

    def _route(self, table: Table) -> RoutingEntry:
        carrier = table.one_of("carrier", self._keys["carriers"], "[[carriers]]")
        if not carrier:
            table.wrong("carrier is missing")
        people = table.texts("people")
        for person in people:
            if person not in self._keys["staff"]:
                table.wrong(f"people: „{person}“ is not among [[staff]]")
        municipality = table.text("municipality")
        if municipality and not re.fullmatch(r"\d{8}", municipality):
            table.wrong(f"municipality „{municipality}“ is not a key of eight digits")
        return RoutingEntry(
            topic=table.one_of("topic", self._keys["topics"], "[[topics]]"),
            kind=table.one_of("kind", self._keys["kinds"], "[[kinds]]"),
            requester_group=table.one_of(
                "requester_group", self._keys["requester_groups"], "[[requester_groups]]"
            ),
            municipality=municipality,
            carrier=carrier,
            people=people,
        )

    def _module(self, table: Table) -> TextModuleEntry:
        return TextModuleEntry(
            key=table.key(),
            title=table.text("title", needed=True),
            body=table.text("body", needed=True),
            topic=table.one_of("topic", self._keys["topics"], "[[topics]]"),
        )

    def _topic(self, table: Table) -> TopicEntry:
        key = table.key()
        if key == SPAM:
            table.wrong("spam is a table of its own: [spam]")
        name = table.text("name", needed=True)
        return self._words(table, key, name, table.text("description"))

    def _spam(self) -> TopicEntry:
        table = Table(self._problems, SPAM, 0, self._raw.get(SPAM, {}))
        entry = self._words(table, SPAM, "Spam", "")
        table.finish()
        return entry

    def _words(self, table: Table, key: str, name: str, description: str) -> TopicEntry:
        strong, words = table.texts("strong"), table.texts("words")
        every = [*strong, *words]
        for word in dict.fromkeys(word for word in every if every.count(word) > 1):
            table.wrong(f"the word „{word}“ stands twice")
        return TopicEntry(key, name, description, strong, words)

    def _address(self, table: Table, *, needed: bool = False) -> str:
        address = table.text("email", needed=needed).lower()
        if address and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", address):
            table.wrong(f"email „{address}“ is not a mail address")
        return address
