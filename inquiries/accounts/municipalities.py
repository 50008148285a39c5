"""Municipalities: take over the official register, and find the one that somebody typed."""

from __future__ import annotations

import re
import typing as t
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from inquiries.accounts.models import Municipality
from inquiries.accounts.register import Entry

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from inquiries.accounts.register import KeyChange, Register

ONE_DAY = timedelta(days=1)
GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
PLAIN = str.maketrans({"ä": "a", "ö": "o", "ü": "u"})
OFFICE = re.compile(
    r"^((magistrat|gemeindevorstand|rathaus|(stadt|gemeinde)?verwaltung) )?"
    r"((der|die) )?"
    r"(((universitaets|landeshaupt|wissenschafts|kreis)?stadt|gemeinde|marktflecken|markt) )?"
)
QUALIFIER = re.compile(r" (am|an|im|in|i|a|v|bei|b)( d| der| dem)? .*$")
SHORT_FORMS = (
    (re.compile(r"\ba d\b"), "an der"),
    (re.compile(r"\bv d\b"), "vor der"),
    (re.compile(r"\ba\b"), "am"),
    (re.compile(r"\bi odw\b"), "im odenwald"),
)


@dataclass(frozen=True)
class Imported:
    """What an import changed."""

    added: int
    renamed: int
    ended: int
    valid: int


class Option(t.NamedTuple):
    """A municipality as the form offers it; `search` holds the ways of writing its name."""

    id: int
    short_name: str
    district: str
    postcode: str
    search: str


def comparable(typed: str, table: dict[int, str] = GERMAN) -> str:
    """Return a name without case, umlauts, signs and brackets: „Gießen“ → „giessen“."""
    plain = unicodedata.normalize("NFC", typed).casefold().translate(table)
    return " ".join(re.findall(r"[a-z0-9]+", plain))


def short_name(name: str) -> str:
    """Return the name without its title: „Gießen, Universitätsstadt“ → „Gießen“."""
    return name.split(",", maxsplit=1)[0].strip()


def spellings(name: str) -> list[str]:
    """Return the ways in which people write a municipality's name, the full one first.

    „Limburg a. d. Lahn“ is also written „Limburg an der Lahn“, „Limburg/Lahn“ or just „Limburg“,
    „Gemünden (Wohra)“ just „Gemuenden“ or „Gemunden“, „Bad Homburg v. d. Höhe“ also „Homburg“.
    """
    found: list[str] = []
    for table in (GERMAN, PLAIN):
        full = comparable(short_name(name), table)
        without_brackets = comparable(re.sub(r"\(.*?\)", "", short_name(name)), table)
        written_out = full
        for pattern, words in SHORT_FORMS:
            written_out = pattern.sub(words, written_out)
        basic = QUALIFIER.sub("", without_brackets)
        with_river = f"{basic} {full.rsplit(' ', 1)[-1]}" if basic != full else full
        found += [full, written_out, with_river, without_brackets]
        found += [basic, basic.removeprefix("bad "), comparable(name, table)]
    return list(dict.fromkeys(found))


def take_over(
    session: Session,
    register: Register,
    changes: tuple[KeyChange, ...] = (),
    *,
    as_of: date,
    state: str,
) -> Imported:
    """Bring the table in line with a register that is valid on `as_of`; twice changes nothing.

    Rows are never deleted: a key that is gone gets its last day, from the list of changes where
    it is known, else the day before `as_of`.
    """
    rows = list(session.scalars(sa.select(Municipality).where(Municipality.ags.startswith(state))))
    born = {change.new_ags: change.since for change in changes if not change.merged}
    valid = {row.ags: row for row in rows if _covers(row, as_of)}
    added = renamed = 0
    for entry in register.entries:
        row = valid.pop(entry.ags, None)
        if row is None:
            since = born.get(entry.ags, as_of if rows else None)
            session.add(_row(entry, since, None))
            added += 1
        else:
            renamed += _update(row, entry)
            row.valid_from = row.valid_from or born.get(entry.ags)
    for row in valid.values():
        row.valid_until = as_of - ONE_DAY
    present = {row.ags: row for row in rows}
    districts = {entry.ags[:5]: entry.district for entry in register.entries}
    postcodes = {entry.ags: entry.postcode for entry in register.entries}
    for change in changes:
        if not change.old_ags.startswith(state):
            continue
        if former := present.get(change.old_ags):
            former.valid_until = change.since - ONE_DAY
        else:
            entry = _former(change, districts, postcodes)
            session.add(_row(entry, None, change.since - ONE_DAY))
            added += 1
    session.flush()
    return Imported(added, renamed, len(valid), len(register.entries))


def find(session: Session, typed: str, day: date) -> Municipality | None:
    """Return the municipality that is meant, valid on `day`; None if unknown or ambiguous.

    Understands the key, the postcode, the name with or without title and umlauts. A full name
    beats a short form: „Nauheim“ is not Bad Nauheim. A key that has expired leads to the
    municipality that bears the same name on that day.
    """
    wanted = comparable(typed)
    valid = _valid_on(day)
    if re.fullmatch(r"\d{8}", wanted):
        return session.scalar(valid.where(Municipality.ags == wanted)) or _successor(
            session, wanted, day
        )
    if re.fullmatch(r"\d{5}", wanted):
        return _only(session.scalars(valid.where(Municipality.postcode == wanted)))
    without_postcode = re.sub(r"^\d{5} ", "", wanted)
    for name in dict.fromkeys((without_postcode, OFFICE.sub("", without_postcode))):
        written_so = Municipality.search_name.contains(f"|{name}|", autoescape=True)
        rows = list(session.scalars(valid.where(written_so)))
        full = [row for row in rows if row.search_name.startswith(f"|{name}|")]
        if match := _only(full or rows):
            return match
    return None


def valid_on(session: Session, day: date) -> list[Municipality]:
    """Return the municipalities that are valid on `day`, by key."""
    return list(session.scalars(_valid_on(day).order_by(Municipality.ags)))


def options(session: Session, day: date) -> list[Option]:
    """Return all municipalities that are valid on `day`, by name, for the form's typeahead."""
    statement = _valid_on(day).with_only_columns(
        Municipality.id,
        Municipality.short_name,
        Municipality.district,
        Municipality.postcode,
        Municipality.search_name,
    )
    found = [Option(*row) for row in session.execute(statement)]
    return sorted(found, key=lambda option: comparable(option.short_name))


def _valid_on(day: date) -> sa.Select[Municipality]:
    return sa.select(Municipality).where(
        sa.or_(Municipality.valid_from.is_(None), Municipality.valid_from <= day),
        sa.or_(Municipality.valid_until.is_(None), Municipality.valid_until >= day),
    )


def _covers(row: Municipality, day: date) -> bool:
    return (row.valid_from or day) <= day <= (row.valid_until or day)


def _only(rows: Iterable[Municipality]) -> Municipality | None:
    found = list(rows)
    return found[0] if len(found) == 1 else None


def _successor(session: Session, key: str, day: date) -> Municipality | None:
    name = session.scalar(sa.select(Municipality.short_name).where(Municipality.ags == key))
    return _only(session.scalars(_valid_on(day).where(Municipality.short_name == name)))


def _search_name(name: str) -> str:
    return f"|{'|'.join(spellings(name))}|"


def _row(entry: Entry, since: date | None, until: date | None) -> Municipality:
    return Municipality(
        ags=entry.ags,
        name=entry.name,
        short_name=short_name(entry.name),
        district=entry.district,
        postcode=entry.postcode,
        search_name=_search_name(entry.name),
        valid_from=since,
        valid_until=until,
    )


def _update(row: Municipality, entry: Entry) -> bool:
    renamed = row.name != entry.name
    row.name = entry.name
    row.short_name = short_name(entry.name)
    row.search_name = _search_name(entry.name)
    row.district = entry.district
    row.postcode = entry.postcode
    return renamed


def _former(change: KeyChange, districts: dict[str, str], postcodes: dict[str, str]) -> Entry:
    """Return what is known of a municipality that today's register has no more."""
    return Entry(
        ags=change.old_ags,
        name=change.old_name,
        district=districts.get(change.old_ags[:5], ""),
        postcode="" if change.merged else postcodes.get(change.new_ags, ""),
    )
