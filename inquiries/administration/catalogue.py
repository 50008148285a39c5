"""Load a catalogue into the database: a centre's own words and people.

Loading again changes only what the file has changed. Entries are known by their key; what the file
no longer has is switched off, since old inquiries refer to it. What people enter in the product
itself (absences) stays.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import sqlalchemy as sa

from inquiries.accounts.models import Absence, Carrier, Centre, ClosingDay, FormerName, User
from inquiries.administration import catalogue_file
from inquiries.administration.catalogue_file import WrongCatalogue
from inquiries.casefile.models import Kind, RequesterGroup, Topic
from inquiries.classification import service as classification
from inquiries.classification.models import TopicExample, TopicWord
from inquiries.knowledge.models import TextModule
from inquiries.platform import snapshot
from inquiries.routing.models import RoutingRule

if t.TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from inquiries.administration.catalogue_entries import (
        Catalogue,
        NamedEntry,
        StaffEntry,
        TopicEntry,
    )

Named = t.TypeVar("Named", Topic, Kind, RequesterGroup)

DEMO_PREFIX = "demo-"
"""Begins the keys of people who exist for demonstrations only, beside every catalogue."""

YEARS_BACK = 2
YEARS_AHEAD = 5


@dataclass(frozen=True)
class Loaded:
    """What loading did; `changed` is False where everything was as in the file already."""

    centre: str
    changed: bool
    topics: int = 0
    staff: int = 0
    routing_rules: int = 0
    words: int = 0
    examples: int = 0


def load(session: Session, path: Path, *, now: datetime) -> Loaded:
    """Bring the database in line with a catalogue file, and train the classifier from it.

    Closing days that return every year are entered for some years ahead, so the year belongs to
    the fingerprint: the first start of a year enters the next ones.

    Raises:
        WrongCatalogue: with all that is wrong; then nothing was changed.
    """
    mark = f"{catalogue_file.fingerprint(path)}-{now.year} {path.resolve()}"
    centre = session.scalar(sa.select(Centre))
    if centre is not None and centre.catalogue_fingerprint == mark:
        # A newer version of the program may read models of another form.
        classification.train_from_catalogue(session, now=now)
        return Loaded(centre.name, changed=False)
    catalogue = catalogue_file.read(path)
    carriers = _load_carriers(session, catalogue)
    _load_centre(session, catalogue, carriers, mark)
    people = _load_staff(session, catalogue, carriers)
    _load_absences(session, catalogue, people)
    _load_closing_days(session, catalogue, now.year)
    _load_topics(session, catalogue)
    _load_names(session, Kind, catalogue.kinds)
    _load_names(session, RequesterGroup, catalogue.requester_groups)
    _load_routing(session, catalogue, carriers)
    _load_text_modules(session, catalogue)
    words = _load_words(session, catalogue)
    _load_examples(session, catalogue)
    session.flush()
    snapshot.changed(session)
    classification.train_from_catalogue(session, now=now)
    return Loaded(
        centre=catalogue.centre.name,
        changed=True,
        topics=len(catalogue.topics),
        staff=len(catalogue.staff),
        routing_rules=len(catalogue.routing),
        words=words,
        examples=len(catalogue.examples),
    )


def loaded_from(session: Session) -> Path | None:
    """Return the file that was loaded last, wherever it is now; None if there was none."""
    mark = session.scalar(sa.select(Centre.catalogue_fingerprint)) or ""
    _fingerprint, _, path = mark.partition(" ")
    return Path(path) if path else None


def _load_carriers(session: Session, catalogue: Catalogue) -> dict[str, Carrier]:
    rows = {row.key: row for row in session.scalars(sa.select(Carrier))}
    for entry in catalogue.carriers:
        row = rows.setdefault(entry.key, Carrier(key=entry.key))
        row.name = entry.name
        row.short_name = entry.short_name
        row.email = entry.email
        row.phone = entry.phone
        session.add(row)
    session.flush()
    return rows


def _load_centre(
    session: Session, catalogue: Catalogue, carriers: dict[str, Carrier], mark: str
) -> None:
    row = session.scalar(sa.select(Centre)) or Centre()
    entry = catalogue.centre
    row.name = entry.name
    row.short_name = entry.short_name
    row.phone = entry.phone
    row.email = entry.email
    row.answer_days = entry.answer_days
    row.texts = dict(entry.texts)
    row.fallback_carrier_id = carriers[entry.fallback_carrier].id
    row.catalogue_fingerprint = mark
    session.add(row)


def _load_staff(
    session: Session, catalogue: Catalogue, carriers: dict[str, Carrier]
) -> dict[str, User]:
    rows = {
        row.key: row
        for row in session.scalars(sa.select(User).options(sa.orm.selectinload(User.former_names)))
    }
    holders = {row.email: row.key for row in rows.values()}
    for entry in catalogue.staff:
        holder = holders.get(entry.email, entry.key)
        if holder != entry.key and holder not in {other.key for other in catalogue.staff}:
            raise WrongCatalogue(
                [f"[[staff]] „{entry.key}“: the address {entry.email} belongs to „{holder}“"]
            )
        row = rows.get(entry.key)
        if row is None:
            row = rows[entry.key] = User(key=entry.key, former_names=[])
        _update_person(row, entry, carriers[entry.carrier].id)
        session.add(row)
    kept = {entry.key for entry in catalogue.staff}
    for key, row in rows.items():
        if key not in kept and not key.startswith(DEMO_PREFIX):
            row.active = False
    session.flush()
    return rows


def _update_person(row: User, entry: StaffEntry, carrier_id: int) -> None:
    """Take over a colleague; what she was called until now stays known as a former name."""
    names = {former.name for former in row.former_names if former.name}
    emails = {former.email for former in row.former_names if former.email}
    for name in dict.fromkeys((row.name, *entry.former_names)):
        if name and name != entry.name and name not in names:
            row.former_names.append(FormerName(name=name, email=""))
    for email in dict.fromkeys((row.email, *entry.former_emails)):
        if email and email != entry.email and email not in emails:
            row.former_names.append(FormerName(name="", email=email))
    row.name = entry.name
    row.email = entry.email
    row.title = entry.title
    row.phone = entry.phone
    row.role = entry.role
    row.carrier_id = carrier_id
    row.active = True


def _load_absences(session: Session, catalogue: Catalogue, people: dict[str, User]) -> None:
    wanted = {
        (
            people[entry.person].id,
            people[entry.deputy].id if entry.deputy else None,
            entry.first_day,
            entry.last_day,
        )
        for entry in catalogue.absences
    }
    for row in session.scalars(sa.select(Absence).where(Absence.from_catalogue)):
        facts = (row.user_id, row.deputy_id, row.first_day, row.last_day)
        if facts in wanted:
            wanted.remove(facts)
        else:
            session.delete(row)
    for user_id, deputy_id, first_day, last_day in wanted:
        session.add(
            Absence(
                user_id=user_id,
                deputy_id=deputy_id,
                first_day=first_day,
                last_day=last_day,
                from_catalogue=True,
            )
        )


def _load_closing_days(session: Session, catalogue: Catalogue, year: int) -> None:
    years = range(year - YEARS_BACK, year + YEARS_AHEAD + 1)
    wanted = {
        day: entry.name
        for entry in catalogue.closing_days
        for one in years
        if (day := entry.in_year(one))
    }
    begin = date(years.start, 1, 1)
    for row in session.scalars(sa.select(ClosingDay).where(ClosingDay.day >= begin)):
        if row.day in wanted:
            row.name = wanted.pop(row.day)
        else:
            session.delete(row)
    session.add_all(ClosingDay(day=day, name=name) for day, name in wanted.items())


def _load_topics(session: Session, catalogue: Catalogue) -> None:
    _load_names(session, Topic, catalogue.topics)
    descriptions = {entry.key: entry.description for entry in catalogue.topics}
    for row in session.scalars(sa.select(Topic)):
        row.description = descriptions.get(row.key, row.description)


def _load_names(
    session: Session,
    model: type[Named],
    entries: t.Sequence[NamedEntry | TopicEntry],
) -> None:
    rows = {row.key: row for row in session.scalars(sa.select(model))}
    for position, entry in enumerate(entries):
        row = rows.pop(entry.key, None) or model(key=entry.key)
        row.name = entry.name
        row.position = position
        row.active = True
        session.add(row)
    for row in rows.values():
        row.active = False
    session.flush()


def _load_routing(session: Session, catalogue: Catalogue, carriers: dict[str, Carrier]) -> None:
    session.execute(sa.delete(RoutingRule))
    session.add_all(
        RoutingRule(
            position=position,
            topic_key=entry.topic,
            kind_key=entry.kind,
            requester_group_key=entry.requester_group,
            municipality_ags=entry.municipality,
            carrier_id=carriers[entry.carrier].id,
            people=list(entry.people),
        )
        for position, entry in enumerate(catalogue.routing, start=1)
    )


def _load_text_modules(session: Session, catalogue: Catalogue) -> None:
    rows = {row.key: row for row in session.scalars(sa.select(TextModule))}
    for position, entry in enumerate(catalogue.text_modules):
        row = rows.pop(entry.key, None) or TextModule(key=entry.key)
        row.title = entry.title
        row.body = entry.body
        row.topic_key = entry.topic
        row.position = position
        session.add(row)
    for row in rows.values():
        session.delete(row)


def _load_words(session: Session, catalogue: Catalogue) -> int:
    wanted = {
        (entry.key, word): strong
        for entry in (*catalogue.topics, catalogue.spam)
        for strong, words in ((False, entry.words), (True, entry.strong))
        for word in words
    }
    count = len(wanted)
    for row in session.scalars(sa.select(TopicWord)):
        strong = wanted.pop((row.topic_key, row.word), None)
        if strong is None:
            session.delete(row)
        else:
            row.strong = strong
    session.add_all(
        TopicWord(topic_key=topic, word=word, strong=strong)
        for (topic, word), strong in wanted.items()
    )
    return count


def _load_examples(session: Session, catalogue: Catalogue) -> None:
    wanted = dict.fromkeys(catalogue.examples)
    for row in session.scalars(sa.select(TopicExample)):
        if (row.topic_key, row.text) in wanted:
            del wanted[row.topic_key, row.text]
        else:
            session.delete(row)
    session.add_all(TopicExample(topic_key=topic, text=text) for topic, text in wanted)
