"""The figures: what is counted, with its definition beside it, by a constant number of queries."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import sqlalchemy as sa

from inquiries.accounts.directory import directory
from inquiries.accounts.models import Municipality
from inquiries.casefile.access import visible_clause
from inquiries.casefile.models import CHANNEL_NAMES, Channel, Inquiry, Topic
from inquiries.casefile.status import CLOCK_RUNS, OPEN, Status
from inquiries.casefile.terms import terms
from inquiries.platform.settings import settings
from inquiries.platform.workdays import local_day
from inquiries.reporting import days
from inquiries.reporting.answer_times import answer_times, in_steps, quantile

if t.TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from inquiries.accounts.actors import Actor
    from inquiries.casefile.terms import Term

MOST_MUNICIPALITIES = 15
MONTHS = 12
NOT_STATED = "ohne Angabe"
MONTH_NAMES = (
    *("Jan", "Feb", "Mär", "Apr", "Mai", "Jun"),
    *("Jul", "Aug", "Sep", "Okt", "Nov", "Dez"),
)
ORIGINS = {
    "classifier": "vom System allein eingeordnet",
    "confirmed": "von einer Person bestätigt",
    "corrected": "von einer Person geändert",
    "requester": "von der anfragenden Stelle gewählt",
    "": "noch unklar",
}


class Row(t.NamedTuple):
    """A line of a figure: what, how many, and which part of all."""

    label: str
    number: int
    share: float | None = None


@dataclass(frozen=True)
class Figure:
    """A table with its title and its definition; `key` names it in addresses."""

    key: str
    title: str
    definition: str
    what: str
    rows: tuple[Row, ...]

    @property
    def most(self) -> int:
        """Return the largest number, for the length of bars."""
        return max((row.number for row in self.rows), default=0)


@dataclass(frozen=True)
class KeyNumber:
    """One number with its definition; None where nothing can be said yet."""

    title: str
    definition: str
    value: float | None
    unit: t.Literal["", "days", "share"] = ""


@dataclass(frozen=True)
class Report:
    """All figures of a period."""

    year: int | None
    years: tuple[int, ...]
    key_numbers: tuple[KeyNumber, ...]
    figures: tuple[Figure, ...]

    def figure(self, key: str) -> Figure | None:
        """Return the figure of that name."""
        return next((figure for figure in self.figures if figure.key == key), None)


@dataclass(frozen=True)
class _Period:
    """Which inquiries count, and how days are told."""

    session: Session
    viewer: Actor
    year: int | None
    today: date
    now: datetime

    @property
    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """Return what an inquiry must fulfil to be counted at all."""
        counted = [visible_clause(self.viewer), Inquiry.status != Status.SPAM]
        if self.year:
            zone = settings().zone
            counted.append(Inquiry.received_at >= days.start_of(date(self.year, 1, 1), zone))
            counted.append(Inquiry.received_at < days.start_of(date(self.year + 1, 1, 1), zone))
        return counted

    def count_by(self, column: sa.SQLColumnExpression[t.Any]) -> dict[t.Any, int]:
        """Return the number of inquiries for each value of a column."""
        counted = sa.select(column, sa.func.count()).where(*self.conditions).group_by(column)
        return {row[0]: row[1] for row in self.session.execute(counted)}


def report(session: Session, viewer: Actor, *, year: int | None, now: datetime) -> Report:
    """Count everything; `year` None means all years."""
    today = local_day(now, settings().zone)
    years = _years(session, viewer, today)
    if year not in years:
        year = None
    period = _Period(session, viewer, year, today, now)
    words = terms(session)
    by_status = Counter({Status(key): n for key, n in period.count_by(Inquiry.status).items()})
    times = answer_times(session, period.conditions, directory(session).calendar, years)
    origins = _origins(period)
    figures = (
        Figure(
            "themenfelder",
            "Nach Themenfeld",
            "Anfragen nach dem Themenfeld, das heute an der Anfrage steht; "
            "„unklar“ ist, was noch niemand eingeordnet hat.",
            "Themenfeld",
            _by_term(words.topics, period.count_by(Inquiry.topic_id), "unklar"),
        ),
        _by_month(period),
        Figure(
            "gruppen",
            "Nach anfragender Gruppe",
            "Anfragen nach der Gruppe, die beim Einreichen angegeben wurde.",
            "Gruppe",
            _by_term(words.groups, period.count_by(Inquiry.requester_group_id), NOT_STATED),
        ),
        Figure(
            "eingangswege",
            "Nach Eingangsweg",
            "Anfragen nach dem Weg, auf dem die erste Nachricht kam.",
            "Eingangsweg",
            _shares(
                (CHANNEL_NAMES[Channel(channel)], n)
                for channel, n in period.count_by(Inquiry.channel).items()
            ),
        ),
        _by_municipality(period),
        Figure(
            "stand",
            "Nach Stand",
            "Anfragen nach ihrem Stand in diesem Augenblick.",
            "Stand",
            _shares(
                (status.label, by_status[status]) for status in Status if status != Status.SPAM
            ),
        ),
        Figure(
            "antwortzeit",
            "Zeit bis zur ersten Antwort",
            "Arbeitstage vom Tag nach dem Eingang bis zum Tag der ersten Antwort, ohne Feiertage "
            "und Schließtage; nur beantwortete Anfragen.",
            "Dauer",
            _shares(in_steps(times)),
        ),
        Figure(
            "einordnung",
            "Wie das Themenfeld zustande kam",
            "„Allein“: das System war sicher und niemand hat es geändert. „Bestätigt“ und "
            "„geändert“: eine Person hat sich den Vorschlag angesehen.",
            "Herkunft",
            _shares((label, origins[key]) for key, label in ORIGINS.items()),
        ),
    )
    return Report(year, years, _key_numbers(period, by_status, times, origins), figures)


def _years(session: Session, viewer: Actor, today: date) -> tuple[int, ...]:
    first = session.scalar(
        sa.select(sa.func.min(Inquiry.received_at)).where(visible_clause(viewer))
    )
    since = local_day(first, settings().zone).year if first else today.year
    return tuple(range(today.year, since - 1, -1))


def _shares(counted: Iterable[tuple[str, int]]) -> tuple[Row, ...]:
    rows = [(label, n) for label, n in counted if n]
    total = sum(n for _label, n in rows)
    return tuple(Row(label, n, n / total) for label, n in rows)


def _by_term(known: tuple[Term, ...], numbers: dict[t.Any, int], without: str) -> tuple[Row, ...]:
    named = [(term.name, numbers.get(term.id, 0)) for term in known]
    return _shares([*named, (without, numbers.get(None, 0))])


def _by_month(period: _Period) -> Figure:
    """Count by month of receipt: the months of the year, or the last twelve."""
    zone = settings().zone
    last = date(period.year, 12, 1) if period.year else period.today.replace(day=1)
    index = last.year * 12 + last.month - 1
    months = [divmod(number, 12) for number in range(index - MONTHS + 1, index + 2)]
    begins = [days.start_of(date(year, month + 1, 1), zone) for year, month in months]
    sums = [
        sa.func.count(
            sa.case((sa.and_(Inquiry.received_at >= first, Inquiry.received_at < end), 1))
        )
        for first, end in pairwise(begins)
    ]
    counted = sa.select(*sums).where(
        *period.conditions, Inquiry.received_at >= begins[0], Inquiry.received_at < begins[-1]
    )
    numbers = period.session.execute(counted).one()
    rows = tuple(
        Row(f"{MONTH_NAMES[month]} {year}", n)
        for (year, month), n in zip(months, numbers, strict=False)
    )
    return Figure(
        "monate",
        "Nach Monat",
        "Anfragen nach dem Monat, in dem sie eingegangen sind."
        if period.year
        else "Anfragen nach dem Monat, in dem sie eingegangen sind, in den letzten zwölf Monaten.",
        "Monat",
        rows,
    )


def _by_municipality(period: _Period) -> Figure:
    counted = sa.func.count()
    name = sa.func.coalesce(Municipality.short_name, Inquiry.municipality_name)
    most = (
        sa.select(name, Municipality.district, counted)
        .select_from(Inquiry)
        .join(Municipality, Municipality.id == Inquiry.municipality_id, isouter=True)
        .where(*period.conditions, name != "")
        .group_by(name, Municipality.district)
        .order_by(counted.desc(), name)
        .limit(MOST_MUNICIPALITIES)
    )
    return Figure(
        "kommunen",
        "Nach Kommune",
        "Die Kommunen mit den meisten Anfragen; was nicht im "
        "Gemeindeverzeichnis steht, zählt so, wie es geschrieben wurde.",
        "Kommune",
        tuple(
            Row(f"{town} ({district})" if district else town, n)
            for town, district, n in period.session.execute(most)
        ),
    )


def _origins(period: _Period) -> Counter[str]:
    """Return how topics came about, by the keys of `ORIGINS`."""
    as_suggested = sa.case((Topic.key == Inquiry.suggested_topic, 1), else_=0)
    counted = (
        sa.select(Inquiry.topic_source, as_suggested, sa.func.count())
        .select_from(Inquiry)
        .join(Topic, Topic.id == Inquiry.topic_id, isouter=True)
        .where(*period.conditions)
        .group_by(Inquiry.topic_source, as_suggested)
    )
    found: Counter[str] = Counter()
    for source, same, n in period.session.execute(counted):
        found[("confirmed" if same else "corrected") if source == "staff" else source] += n
    return found


def _key_numbers(
    period: _Period, by_status: Counter[Status], times: Counter[int], origins: Counter[str]
) -> tuple[KeyNumber, ...]:
    late = sa.select(sa.func.count()).where(
        *period.conditions,
        Inquiry.is_open,
        Inquiry.due_at < period.now,
        Inquiry.status.in_(CLOCK_RUNS),
    )
    overdue = period.session.scalar(late) or 0
    still_open = sum(by_status[status] for status in OPEN)
    total = by_status.total()
    return (
        KeyNumber("Anfragen", "Alle, die eingegangen sind, ohne Spam.", total),
        KeyNumber("Offen", "Noch nicht beantwortet oder abgeschlossen.", still_open),
        KeyNumber(
            "Beantwortet",
            "Anfragen mit mindestens einer Antwort, auch wenn sie wieder offen sind.",
            times.total(),
        ),
        KeyNumber(
            "Überfällig",
            "Anteil an den offenen, deren Frist vorbei ist; wer auf die anfragende Stelle wartet, "
            "ist nie überfällig.",
            overdue / still_open if still_open else None,
            "share",
        ),
        KeyNumber(
            "Median bis zur Antwort",
            "Arbeitstage, in denen die Hälfte eine erste Antwort hatte.",
            quantile(times, 0.5),
            "days",
        ),
        KeyNumber(
            "90 % bis zur Antwort",
            "Arbeitstage, in denen neun von zehn eine erste Antwort hatten.",
            quantile(times, 0.9),
            "days",
        ),
        KeyNumber(
            "Allein eingeordnet",
            "Anteil an allen, bei denen das System das Themenfeld bestimmt hat und niemand es "
            "ändern musste.",
            origins["classifier"] / total if total else None,
            "share",
        ),
        KeyNumber(
            "Themenfeld geändert",
            "Anteil an allen, bei denen eine Person ein anderes Themenfeld gesetzt hat, als das "
            "System vorschlug.",
            origins["corrected"] / total if total else None,
            "share",
        ),
    )
