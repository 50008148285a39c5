"""Who gets which work list on digest day: pure, from lists to parcels.

A list goes to its owner; if she is away, to who stands in for her, as a mail of its own beside the
deputy's own one. Lists for which nobody stands in, and what lies unassigned in a carrier's queue,
go along with the coordinators' mail. Nothing that needs a hand goes to nobody.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from inquiries.reminders.rules import Digest, group, recipient

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from inquiries.platform.workdays import Calendar
    from inquiries.reminders.rules import Line
    from inquiries.routing.rules import Absence, Person

QUEUE_HEADING = "Eingangskorb {carrier}: niemandem zugewiesen"
UNATTENDED_HEADING = "Liste von {person}: nicht da, ohne Vertretung"


@dataclass(frozen=True)
class Part:
    """A work list within a mail; the heading of the first one is empty."""

    heading: str
    digest: Digest


@dataclass(frozen=True)
class Parcel:
    """One mail: whose list it is (that is its key), who gets it, and what is in it."""

    owner: int
    recipient: int
    parts: tuple[Part, ...] = ()

    @property
    def total(self) -> int:
        """Return the number of inquiries in it."""
        return sum(len(part.digest) for part in self.parts)

    @property
    def overdue(self) -> int:
        """Return the number of overdue inquiries in it."""
        return sum(len(part.digest.overdue) for part in self.parts)


@dataclass(frozen=True)
class Work:
    """Open inquiries by who has them: a person, or the queue of a carrier."""

    of_person: Mapping[int, Sequence[Line]]
    of_queue: Mapping[str, Sequence[Line]]


@dataclass(frozen=True)
class Staff:
    """The people of the centre on that day.

    Args:
        people: all, by number.
        overseers: those who coordinate, the first choice first: pairs of person and rank.
        absences: who is away when.
        carrier_names: what carriers are called, by key.
    """

    people: Mapping[int, Person]
    overseers: Sequence[tuple[int, int]]
    absences: tuple[Absence, ...]
    carrier_names: Mapping[str, str]


@dataclass
class _Packing:
    parcels: dict[int, Parcel] = field(default_factory=dict)

    def add(self, owner: int, receiver: int, part: Part) -> None:
        parcel = self.parcels.get(owner) or Parcel(owner, receiver)
        self.parcels[owner] = replace(parcel, parts=(*parcel.parts, part))


def pack(
    work: Work, staff: Staff, day: date, calendar: Calendar
) -> tuple[tuple[Parcel, ...], tuple[Part, ...]]:
    """Pack the digests of a day.

    Returns:
        The parcels by their owner, and the parts that nobody at all could be found for.
    """
    packing = _Packing()
    extras: dict[str, list[Part]] = {}
    for person, lines in sorted(work.of_person.items()):
        digest = group(lines, day, calendar)
        chain = recipient(person, staff.people, staff.absences, day)
        if chain and digest:
            packing.add(person, chain[-1], Part("", digest))
        elif digest:
            known = staff.people[person]
            heading = UNATTENDED_HEADING.format(person=known.name)
            extras.setdefault(known.carrier, []).append(Part(heading, digest))
    for carrier, lines in sorted(work.of_queue.items()):
        heading = QUEUE_HEADING.format(carrier=staff.carrier_names[carrier])
        if digest := group(lines, day, calendar):
            extras.setdefault(carrier, []).insert(0, Part(heading, digest))
    lost: list[Part] = []
    for carrier, parts in sorted(extras.items()):
        overseers = _overseers(carrier, staff, day)
        if not overseers:
            lost += parts
        for overseer, receiver in overseers:
            for part in parts:
                packing.add(overseer, receiver, part)
    return tuple(packing.parcels[owner] for owner in sorted(packing.parcels)), tuple(lost)


def _overseers(carrier: str, staff: Staff, day: date) -> tuple[tuple[int, int], ...]:
    """Return who looks after a carrier's queue, each with who gets her mail today.

    All of the best rank that is there: the carrier's own before the others', coordinators before
    administrators.
    """
    there: dict[tuple[bool, int], list[tuple[int, int]]] = {}
    for person, rank in staff.overseers:
        if chain := recipient(person, staff.people, staff.absences, day):
            foreign = staff.people[person].carrier != carrier
            there.setdefault((foreign, rank), []).append((person, chain[-1]))
    return tuple(there[min(there)]) if there else ()


def of_owner(parcels: Iterable[Parcel], owner: int) -> Parcel | None:
    """Return the parcel with this person's list."""
    return next((parcel for parcel in parcels if parcel.owner == owner), None)
