"""Plan what happens to demo inquiries: pure and the same for the same seed and moment.

A story is what comes in and the steps that people take afterwards. `demo` replays stories through
the services, `demo_bulk` writes the rows that the services would have written.
"""

from __future__ import annotations

import random
import typing as t
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from inquiries.platform.text import fold
from inquiries.platform.workdays import Calendar, local_day

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from inquiries.administration.demo_texts import Texts

WEEKS_AT_LEAST = 8
YEARS_AT_MOST = 8
CLOSED_AFTER = timedelta(days=14)
SPAM = "spam"


class Deed(StrEnum):
    """What somebody does with an inquiry."""

    SORT = "sort"
    TAKE_UP = "take_up"
    NOTE = "note"
    ASK_BACK = "ask_back"
    REPLY = "reply"
    WAIT_FOR_THIRD_PARTY = "wait_for_third_party"
    GO_ON = "go_on"
    ANSWER = "answer"
    CLOSE = "close"
    SPAM = "spam"


@dataclass(frozen=True)
class Step:
    """A deed at a moment, with the text that goes with it."""

    at: datetime
    deed: Deed
    text: str = ""


@dataclass(frozen=True)
class Source:
    """A question to make demo inquiries of; `topic` is what an expert would say."""

    topic: str
    subject: str
    body: str
    channel: str = "mail"
    requester_name: str = ""
    requester_email: str = ""
    organisation: str = ""
    municipality: str = ""


@dataclass(frozen=True)
class Story:
    """An inquiry and what becomes of it.

    Args:
        made_up: one of many from the same source, with other people and another place.
        added: what was put behind the source's text.
    """

    number: int
    source: Source
    made_up: bool
    added: str
    received_at: datetime
    channel: str
    requester_name: str
    requester_email: str
    organisation: str
    town: str
    steps: tuple[Step, ...]

    @property
    def body(self) -> str:
        """Return the whole question."""
        return f"{self.source.body}\n\n{self.added}" if self.added else self.source.body


def open_in_all(count: int) -> int:
    """Return how many of so many inquiries are still open: a centre grows, its desk does not."""
    return round(0.28 * count) if count <= 100 else round(28 * (count / 100) ** 0.35)


def moments(count: int, seed: int, now: datetime, calendar: Calendar) -> list[datetime]:
    """Return when the inquiries come in, in order: on working days, in office hours, before now."""
    chance = random.Random(f"{seed}:moments")  # noqa: S311 - demo data
    weeks = min(max(WEEKS_AT_LEAST, count // 12), YEARS_AT_MOST * 52)
    today = local_day(now, calendar.zone)
    first = today - timedelta(weeks=weeks)
    span = (today - first).days
    days = [first + timedelta(days=n) for n in range(span + 1)]
    working = [day for day in days if calendar.is_working(day)]
    latest = now - timedelta(hours=1)
    found: list[datetime] = []
    while len(found) < count:
        moment = _office_hours(chance.choice(working), chance, calendar)
        if moment < latest:
            found.append(moment)
    found.sort()
    return found


def tell(
    number: int,
    received_at: datetime,
    *,
    texts: Texts,
    sources: Sequence[Source],
    towns: Sequence[str],
    count: int,
    seed: int,
    now: datetime,
    calendar: Calendar,
) -> Story:
    """Tell the story of the inquiry with this number out of `count`."""
    chance = random.Random(f"{seed}:{number}")  # noqa: S311 - demo data
    few = count <= len(sources)
    source = sources[number] if few else chance.choice(sources)
    town = source.municipality if few else chance.choice(towns)
    name = source.requester_name if few else _person(chance, texts)
    added = (
        ""
        if few
        else chance.choice(texts.about_the_place).format(
            town=town,
            year=received_at.year - chance.randint(1, 9),
            number=chance.randint(3, 40) * 50,
            few=chance.choice(("drei", "vier", "fünf", "sieben")),
        )
    )
    if count >= 3 and number in {count // 5, count // 2, count - 1 - count // 5}:
        added = f"{added} {texts.rare}".strip()
    unfinished = _stays_open(number, count, chance) and source.topic != SPAM
    steps = _steps(source, name, received_at, unfinished, chance, calendar, texts)
    organisation = source.organisation if few else chance.choice(texts.organisations)
    return Story(
        number=number,
        source=source,
        made_up=not few,
        added=added,
        received_at=received_at,
        channel=source.channel,
        requester_name=name,
        requester_email=source.requester_email if few else _address(name),
        organisation=organisation.format(town=town),
        town=town,
        steps=tuple(step for step in steps if step.at < now),
    )


def _stays_open(number: int, count: int, chance: random.Random) -> bool:
    """Decide who is still open: nearly all of them among the newest."""
    open_ones = open_in_all(count)
    newest = count - number <= open_ones * 1.25
    return chance.random() < (0.76 if newest else 0.05 * open_ones / count)


def _steps(
    source: Source,
    name: str,
    received_at: datetime,
    unfinished: bool,  # noqa: FBT001 - the outcome of a throw
    chance: random.Random,
    calendar: Calendar,
    texts: Texts,
) -> list[Step]:
    at = received_at

    def later(least: float, most: float) -> datetime:
        nonlocal at
        day = calendar.next_working_day(
            local_day(at + timedelta(days=chance.uniform(least, most)), calendar.zone)
        )
        at = max(_office_hours(day, chance, calendar), at + timedelta(minutes=20))
        return at

    if source.topic == SPAM:
        return [Step(later(0.1, 1), Deed.SPAM)]
    steps = [Step(later(0, 1), Deed.SORT)]
    if unfinished and chance.random() < 0.35:
        return steps
    steps.append(Step(later(0, 2), Deed.TAKE_UP))
    if chance.random() < 0.3:
        steps.append(Step(later(0, 1), Deed.NOTE, chance.choice(texts.notes)))
    if unfinished and chance.random() < 0.4:
        return steps
    greeting = texts.greeting.format(name=name)
    if chance.random() < 0.4:
        asked = f"{greeting}\n\n{chance.choice(texts.ask_back)}\n\nViele Grüße"
        steps.append(Step(later(0, 2), Deed.ASK_BACK, asked))
        if unfinished:
            return steps
        replied = f"Guten Tag,\n\n{chance.choice(texts.reply)}\n\nViele Grüße\n{name}"
        steps.append(Step(later(0.5, 6), Deed.REPLY, replied))
    if unfinished or chance.random() < 0.08:
        waiting = chance.choice(texts.third_party)
        steps.append(Step(later(0, 2), Deed.WAIT_FOR_THIRD_PARTY, waiting))
        if unfinished:
            return steps
        steps.append(Step(later(3, 9), Deed.GO_ON))
    steps.append(Step(later(0.2, 3), Deed.ANSWER, _answer(source.topic, greeting, chance, texts)))
    at += CLOSED_AFTER
    steps.append(Step(later(0, 1), Deed.CLOSE))
    return steps


def _answer(topic: str, greeting: str, chance: random.Random, texts: Texts) -> str:
    advice = chance.sample(texts.advice.get(topic, texts.advice["sonstiges"]), 3)
    parts = (greeting, chance.choice(texts.thanks), " ".join(advice), chance.choice(texts.farewell))
    return "\n\n".join(parts)


def _person(chance: random.Random, texts: Texts) -> str:
    return f"{chance.choice(texts.first_names)} {chance.choice(texts.last_names)}"


def _address(name: str) -> str:
    return f"{fold(name).replace(' ', '.').encode('ascii', 'ignore').decode()}@example.org"


def _office_hours(day: date, chance: random.Random, calendar: Calendar) -> datetime:
    moment = datetime.combine(day, time(8), calendar.zone)
    return (moment + timedelta(minutes=chance.randint(0, 9 * 60))).astimezone(UTC)
