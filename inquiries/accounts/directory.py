"""The directory: the centre, its carriers, its people, who is away, and the working calendar."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

import sqlalchemy as sa

from inquiries.accounts.models import Absence, Carrier, Centre, ClosingDay, FormerName, Role, User
from inquiries.platform.settings import settings
from inquiries.platform.snapshot import Snapshot
from inquiries.platform.text import fold
from inquiries.platform.workdays import Calendar

if t.TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy.orm import Session


_BETWEEN_WORDS = re.compile(r"(?:[^\w@.-]|_)+")
_LEFT_OUT = {"", "dr", "prof"}
_WRITTEN_OUT = {"fr": "frau", "hr": "herr", "hrn": "herr", "herrn": "herr"}


@dataclass(frozen=True)
class CentreEntry:
    """The centre itself."""

    name: str
    short_name: str
    phone: str
    email: str
    answer_days: int
    texts: Mapping[str, str]
    fallback_carrier_id: int


@dataclass(frozen=True)
class CarrierEntry:
    """A carrier."""

    id: int
    key: str
    name: str
    short_name: str
    email: str
    phone: str


@dataclass(frozen=True)
class PersonEntry:
    """A member of staff; `names` are all that she is or was called, for recognising her."""

    id: int
    key: str
    name: str
    email: str
    phone: str
    title: str
    role: Role
    carrier_id: int
    active: bool
    names: tuple[str, ...]
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class AbsenceEntry:
    """From when until when somebody is away, and who stands in."""

    person_id: int
    deputy_id: int | None
    first_day: date
    last_day: date


@dataclass(frozen=True)
class Directory:
    """All of it, as it stands now."""

    centre: CentreEntry
    carriers: Mapping[int, CarrierEntry]
    people: Mapping[int, PersonEntry]
    absences: tuple[AbsenceEntry, ...]
    calendar: Calendar

    def addressed_in(self, text: str) -> int | None:
        """Return the one active colleague whom a text names or writes to, by any of her names.

        Two colleagues, or none, make no decision.
        """
        told = f" {_spelled(text)} "
        named = {
            person.id
            for person in self.people.values()
            if person.active
            and any(f" {name} " in told for name in (*person.names, *person.addresses))
        }
        return named.pop() if len(named) == 1 else None

    def watching_queue_of(self, carrier_id: int) -> list[PersonEntry]:
        """Return who is told of what lies in a carrier's queue: only people who may see it.

        All of the best rank that there is: the carrier's own people before the others', who
        coordinates before who administers before who advises.
        """
        ranks = (Role.COORDINATOR, Role.ADMINISTRATOR, Role.ADVISOR)
        found: dict[tuple[bool, int], list[PersonEntry]] = {}
        for person in self.people.values():
            foreign = person.carrier_id != carrier_id
            if person.active and not (foreign and person.role is Role.ADVISOR):
                found.setdefault((foreign, ranks.index(person.role)), []).append(person)
        return found[min(found)] if found else []


class NoCatalogue(RuntimeError):
    """No catalogue is loaded: there is no centre to speak for."""


def _read(session: Session) -> Directory:
    centre = session.scalar(sa.select(Centre))
    if centre is None:
        message = "no catalogue is loaded: run `flask --app wsgi catalogue load FILE`"
        raise NoCatalogue(message)
    former: dict[int, list[FormerName]] = {}
    for old in session.scalars(sa.select(FormerName)):
        former.setdefault(old.user_id, []).append(old)
    return Directory(
        centre=CentreEntry(
            name=centre.name,
            short_name=centre.short_name,
            phone=centre.phone,
            email=centre.email,
            answer_days=centre.answer_days,
            texts=dict(centre.texts),
            fallback_carrier_id=centre.fallback_carrier_id,
        ),
        carriers={
            row.id: CarrierEntry(row.id, row.key, row.name, row.short_name, row.email, row.phone)
            for row in session.scalars(sa.select(Carrier).order_by(Carrier.id))
        },
        people={
            row.id: _person(row, former.get(row.id, []))
            for row in session.scalars(sa.select(User).order_by(User.id))
        },
        absences=tuple(
            AbsenceEntry(row.user_id, row.deputy_id, row.first_day, row.last_day)
            for row in session.scalars(sa.select(Absence).order_by(Absence.id))
        ),
        calendar=Calendar(
            closing_days=frozenset(session.scalars(sa.select(ClosingDay.day))),
            zone=settings().zone,
        ),
    )


def _person(row: User, former: list[FormerName]) -> PersonEntry:
    called = [row.name, *(old.name for old in former if old.name)]
    written = [row.email, *(old.email for old in former if old.email)]
    names = {form for name in called for form in _forms_of(name)}
    return PersonEntry(
        id=row.id,
        key=row.key,
        name=row.name,
        email=row.email,
        phone=row.phone,
        title=row.title,
        role=Role(row.role),
        carrier_id=row.carrier_id,
        active=row.active,
        names=tuple(sorted(names)),
        addresses=tuple(sorted(_spelled(address) for address in written)),
    )


def _forms_of(name: str) -> set[str]:
    """Return how one writes to somebody: „eva maria roth“, „eva roth“, „frau roth“, „herr roth“.

    A single word alone is no form: it might mean anything („Koordination“).
    """
    words = _spelled(name).split()
    if not words:
        return set()
    *first_names, last = words
    full = {" ".join(words)} if first_names else set[str]()
    return full | {f"{before} {last}" for before in (*first_names, "frau", "herr")}


def _spelled(text: str) -> str:
    """Return the words of a text in the spelling in which names and addresses are looked for."""
    words = (word.strip(".-") for word in _BETWEEN_WORDS.split(fold(text)))
    return " ".join(_WRITTEN_OUT.get(word, word) for word in words if word not in _LEFT_OUT)


directory = Snapshot(_read)
