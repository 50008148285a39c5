"""Who takes care of an inquiry, and why: pure, from a table of rules and the facts of one day.

The ladder, each step only if the one before found nobody:

1. no topic: the front desk's queue, a person looks at it;
2. the first rule by position that fits names a carrier and a pool of people;
3. whom the message names or addresses, if she is in the pool and present;
4. who last advised this municipality, if in the pool and present;
5. the deputy of the one in step 3, then of the one in step 4, if that person is away;
6. whoever of the pool is present and has the fewest open inquiries;
7. a deputy of the pool, again with the fewest open inquiries;
8. the carrier's queue, never nobody.

Nobody who is away, inactive or of another carrier than the rule's is ever chosen. Where numbers
are equal the lower id wins, so the same facts always give the same answer. Every step leaves a
German sentence that names colleagues and places, never a requester.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from itertools import pairwise

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

NUMERALS = ("", "", "Beide", "Drei", "Vier", "Fünf", "Sechs", "Sieben", "Acht", "Neun", "Zehn")
"""How many people, at the beginning of a sentence; from eleven on as figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A row of the routing table: None fits everything, no people means the carrier's queue."""

    position: int
    carrier: str
    topic: str | None = None
    kind: str | None = None
    requester_group: str | None = None
    municipality: str | None = None
    people: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff; `carrier` is the key of the organisation that employs her."""

    id: int
    name: str
    carrier: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody is away from the first to the last day, both included."""

    person: int
    first_day: date
    last_day: date
    deputy: int | None = None

    def covers(self, day: date) -> bool:
        """Say whether the person is away on that day."""
        return self.first_day <= day <= self.last_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known about one inquiry and the staff; keys for deciding, names for the reasons.

    Args:
        topic: key of the topic field; None if it is unclear (triage).
        people: all members of staff by id, deputies included.
        open_cases: open inquiries by person; who is missing has none.
        former_advisor: who last advised this municipality.
        addressed_to: the colleague whom the message names or addresses.
        fallback_carrier: whose queue takes what no rule and nobody else takes.
    """

    topic: str | None
    fallback_carrier: str
    people: Mapping[int, Person]
    carrier_names: Mapping[str, str] = field(default_factory=dict)
    kind: str | None = None
    requester_group: str | None = None
    municipality: str | None = None
    open_cases: Mapping[int, int] = field(default_factory=dict)
    former_advisor: int | None = None
    addressed_to: int | None = None
    topic_name: str = ""
    kind_name: str = ""
    requester_group_name: str = ""
    municipality_name: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """Who takes care: a carrier always, a person if one is free; and the sentences that say why.

    `rule` is the position of the rule that decided, None if none did.
    """

    carrier: str
    person: int | None
    because: tuple[str, ...]
    rule: int | None


def choose(rules: Iterable[Rule], facts: Facts, absences: Iterable[Absence], day: date) -> Decision:
    """Decide who takes care of an inquiry on a day; see the ladder at the top of this module."""
    if facts.topic is None:
        because = [
            *_about_addressed(facts, pool=()),
            "Das Themenfeld ist unklar; das entscheidet ein Mensch.",
            _queue(facts, facts.fallback_carrier),
        ]
        return Decision(facts.fallback_carrier, None, tuple(because), None)
    rule = min((rule for rule in rules if _fits(rule, facts)), key=_order, default=None)
    if rule is None:
        because = [
            *_about_addressed(facts, pool=()),
            f"Für {_topic(facts)} ist niemand als zuständig eingetragen.",
            _queue(facts, facts.fallback_carrier),
        ]
        return Decision(facts.fallback_carrier, None, tuple(because), None)
    person, because = _pick(rule, facts, tuple(absences), day)
    return Decision(rule.carrier, person, tuple(_about_rule(rule, facts) + because), rule.position)


def deputy_chain(
    person: int, people: Mapping[int, Person], absences: Iterable[Absence], day: date
) -> tuple[int, ...]:
    """Follow the deputies of a person to the first who is there.

    Returns:
        `(person,)` if she is there herself; `(person, …, deputy)` if somebody stands in for her;
        `()` if nobody does. The last one is always active, present and of the person's own
        carrier. Chains of deputies that run in a circle end.
    """
    if person not in people:
        return ()
    away = _away(absences, day)
    carrier = people[person].carrier
    seen = set[int]()

    def follow(current: int) -> tuple[int, ...]:
        if current in seen or current not in people:
            return ()
        seen.add(current)
        if current not in away:
            present = people[current]
            return (current,) if present.active and present.carrier == carrier else ()
        for absence in away[current]:
            if absence.deputy is not None and (rest := follow(absence.deputy)):
                return (current, *rest)
        return ()

    return follow(person)


def _away(absences: Iterable[Absence], day: date) -> dict[int, list[Absence]]:
    """Return the absences of that day by person, the longest first, in a stable order."""
    away: dict[int, list[Absence]] = {}
    for absence in absences:
        if absence.covers(day):
            away.setdefault(absence.person, []).append(absence)
    for of_person in away.values():
        of_person.sort(key=lambda one: (-one.last_day.toordinal(), one.first_day, one.deputy or 0))
    return away


def _fits(rule: Rule, facts: Facts) -> bool:
    return (
        rule.topic in (None, facts.topic)
        and rule.kind in (None, facts.kind)
        and rule.requester_group in (None, facts.requester_group)
        and rule.municipality in (None, facts.municipality)
    )


def _order(rule: Rule) -> tuple[int, str]:
    """Sort by position; the rest only keeps two rules of one position from taking turns."""
    return rule.position, repr(rule)


def _pick(
    rule: Rule, facts: Facts, absences: tuple[Absence, ...], day: date
) -> tuple[int | None, list[str]]:
    """Walk steps 3 to 8 of the ladder and say on the way why each one is taken or left."""
    people = facts.people
    pool = sorted(
        {
            one
            for one in rule.people
            if one in people and people[one].active and people[one].carrier == rule.carrier
        }
    )
    chains = {one: deputy_chain(one, people, absences, day) for one in pool}
    present = [one for one in pool if chains[one] == (one,)]
    away = _away(absences, day)
    told = _Absences(facts, away, day)
    because = _about_addressed(facts, pool)

    wishes = [
        (one, sentence)
        for one, sentence in (
            (facts.addressed_to, "{} ist in der Nachricht genannt."),
            (facts.former_advisor, f"{{}} hat {_place(facts)} zuletzt beraten."),
        )
        if one in chains
    ]
    for one, sentence in wishes:
        because.append(sentence.format(people[one].name))
        if one in present:
            return one, because
        because += told.of(one, chains[one])
    for one, _ in wishes:
        if chains[one]:
            deputy = chains[one][-1]
            if len(wishes) > 1:
                because.append(f"{people[deputy].name} übernimmt in Vertretung.")
            return deputy, because

    for one in pool:
        if one not in present:
            because += told.of(one, () if present else chains[one])
    stand_ins = {chain[-1] for chain in chains.values() if chain}
    if candidates := present or sorted(stand_ins):
        chosen, sentence = _fewest(candidates, facts, deputies=not present)
        return chosen, [*because, sentence]
    if rule.people:
        because.append("Von den Zuständigen ist zurzeit niemand da.")
    else:
        because.append(f"Anfragen zu {_topic(facts)} verteilt der Träger selbst.")
    return None, [*because, _queue(facts, rule.carrier)]


class _Absences:
    """Tell each absence once, however many steps of the ladder come upon it."""

    def __init__(self, facts: Facts, away: Mapping[int, list[Absence]], day: date) -> None:
        self._people = facts.people
        self._away = away
        self._day = day
        self._told = set[int]()

    def of(self, person: int, chain: tuple[int, ...]) -> list[str]:
        """Say until when somebody is away and who stands in, along the chain of deputies."""
        sentences = []
        for one, deputy in pairwise(chain) if chain else [(person, None)]:
            if one in self._told:
                continue
            self._told.add(one)
            away = f"{self._people[one].name} ist bis {self._until(one)} abwesend"
            if deputy is not None:
                away += f"; Vertretung: {self._people[deputy].name}"
            sentences.append(f"{away}.")
        return sentences

    def _until(self, person: int) -> str:
        last = self._away[person][0].last_day
        return f"{last:%d.%m.}" if last.year == self._day.year else f"{last:%d.%m.%Y}"


def _fewest(candidates: list[int], facts: Facts, *, deputies: bool) -> tuple[int, str]:
    """Choose who has the fewest open inquiries; `candidates` are in the order of their ids."""
    load = {one: facts.open_cases.get(one, 0) for one in candidates}
    chosen = min(candidates, key=load.__getitem__)
    name = facts.people[chosen].name
    if len(candidates) == 1:
        work = "übernimmt in Vertretung" if deputies else "berät"
        return chosen, f"{name} {work} {_topic(facts)}."
    many = NUMERALS[len(candidates)] if len(candidates) < len(NUMERALS) else str(len(candidates))
    everybody = many if len(candidates) == 2 else f"{many} Personen"
    work = "übernehmen Vertretung" if deputies else "beraten das Thema"
    least = load[chosen]
    if sum(cases == least for cases in load.values()) > 1:
        tie = f"gleich wenige offene Anfragen ({least}); bei Gleichstand gilt die feste Reihenfolge"
        return chosen, f"{everybody} {work}; {_tied(load, least, facts)} haben {tie}: {name}."
    if len(candidates) == 2:
        other = max(load.values())
        fewer = f"hat weniger offene Anfragen ({least} statt {other})"
    else:
        fewer = f"hat die wenigsten offenen Anfragen ({least})"
    return chosen, f"{everybody} {work}; {name} {fewer}."


def _tied(load: Mapping[int, int], least: int, facts: Facts) -> str:
    names = [facts.people[one].name for one, cases in load.items() if cases == least]
    return f"{', '.join(names[:-1])} und {names[-1]}"


def _about_rule(rule: Rule, facts: Facts) -> list[str]:
    """Say what is special about the rule; a rule for a topic alone explains itself."""
    parts = []
    if rule.kind:
        parts.append(f"die Art des Anliegens „{facts.kind_name or rule.kind}“")
    if rule.requester_group:
        parts.append(f"die Gruppe „{facts.requester_group_name or rule.requester_group}“")
    if rule.municipality:
        parts.append(_place(facts))
    return [f"Für {' und '.join(parts)} gilt eine eigene Regel."] if parts else []


def _about_addressed(facts: Facts, pool: Sequence[int]) -> list[str]:
    """Say why somebody whom the message names does not get it; nothing if she can."""
    if facts.addressed_to is None or facts.addressed_to in pool:
        return []
    person = facts.people.get(facts.addressed_to)
    if person is None:
        return []
    if not person.active:
        return [f"Die Nachricht nennt {person.name}; dorthin gehen keine Anfragen mehr."]
    if not pool:
        return [f"Die Nachricht nennt {person.name}."]
    return [f"Die Nachricht nennt {person.name}; für das Thema sind andere zuständig."]


def _queue(facts: Facts, carrier: str) -> str:
    return f"Die Anfrage liegt im Eingangskorb: {facts.carrier_names.get(carrier, carrier)}."


def _topic(facts: Facts) -> str:
    return f"„{facts.topic_name or facts.topic}“"


def _place(facts: Facts) -> str:
    return facts.municipality_name or facts.municipality or "diese Kommune"
