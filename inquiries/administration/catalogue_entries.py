"""What a catalogue says, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class CentreEntry:
    """The centre itself."""

    name: str
    short_name: str
    phone: str
    email: str
    answer_days: int
    fallback_carrier: str
    texts: dict[str, str]


@dataclass(frozen=True)
class CarrierEntry:
    """An organisation that runs the centre."""

    key: str
    name: str
    short_name: str
    email: str
    phone: str


@dataclass(frozen=True)
class StaffEntry:
    """A colleague."""

    key: str
    name: str
    email: str
    title: str
    phone: str
    carrier: str
    role: str
    former_names: tuple[str, ...]
    former_emails: tuple[str, ...]


@dataclass(frozen=True)
class AbsenceEntry:
    """Who is away from when until when, and who stands in."""

    person: str
    deputy: str
    first_day: date
    last_day: date


@dataclass(frozen=True)
class ClosingEntry:
    """A day on which nobody works; without a year it is every year's."""

    month: int
    day: int
    year: int | None
    name: str

    def in_year(self, year: int) -> date | None:
        """Return the day in a year, None when it is not in that one."""
        if self.year not in {None, year}:
            return None
        try:
            return date(year, self.month, self.day)
        except ValueError:
            return None


@dataclass(frozen=True)
class NamedEntry:
    """A kind of request or a group of requesters."""

    key: str
    name: str


@dataclass(frozen=True)
class TopicEntry:
    """A field of advice and the words that speak for it."""

    key: str
    name: str
    description: str
    strong: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True)
class RoutingEntry:
    """A row of the routing table."""

    topic: str
    kind: str
    requester_group: str
    municipality: str
    carrier: str
    people: tuple[str, ...]


@dataclass(frozen=True)
class TextModuleEntry:
    """A piece of an answer."""

    key: str
    title: str
    body: str
    topic: str


@dataclass(frozen=True)
class Catalogue:
    """A catalogue that is free of contradictions."""

    centre: CentreEntry
    carriers: tuple[CarrierEntry, ...]
    staff: tuple[StaffEntry, ...]
    absences: tuple[AbsenceEntry, ...]
    closing_days: tuple[ClosingEntry, ...]
    kinds: tuple[NamedEntry, ...]
    requester_groups: tuple[NamedEntry, ...]
    routing: tuple[RoutingEntry, ...]
    text_modules: tuple[TextModuleEntry, ...]
    topics: tuple[TopicEntry, ...]
    spam: TopicEntry
    examples: tuple[tuple[str, str], ...]
