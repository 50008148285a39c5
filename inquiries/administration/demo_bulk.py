"""Write many demo inquiries at once: the rows that the services would have written.

`tests/stages/test_demo.py` holds the two together: the same story gives the same file, whichever
way it went.
"""

from __future__ import annotations

import typing as t
from collections import Counter

import sqlalchemy as sa

from inquiries.accounts import municipalities
from inquiries.accounts.directory import Directory, PersonEntry, directory
from inquiries.administration.demo_rows import INQUIRY, Rows, reserve_ids, reserve_references
from inquiries.administration.demo_story import Deed, Step, Story
from inquiries.casefile import history
from inquiries.casefile.models import CHANNEL_NAMES, Channel, Tally
from inquiries.casefile.status import OPEN, Status
from inquiries.casefile.terms import Term, terms
from inquiries.classification import service as classification
from inquiries.intake.service import explain
from inquiries.platform.text import search_words
from inquiries.platform.workdays import due_at, local_day
from inquiries.routing import service as routing
from inquiries.routing.rules import Facts, Rule, choose

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from inquiries.classification.engine import Verdict

LEADS_TO = {
    Deed.TAKE_UP: Status.IN_PROGRESS,
    Deed.ASK_BACK: Status.WAITING_FOR_REQUESTER,
    Deed.REPLY: Status.IN_PROGRESS,
    Deed.WAIT_FOR_THIRD_PARTY: Status.WAITING_FOR_THIRD_PARTY,
    Deed.GO_ON: Status.IN_PROGRESS,
    Deed.ANSWER: Status.ANSWERED,
    Deed.CLOSE: Status.CLOSED,
    Deed.SPAM: Status.SPAM,
}


class Desk:
    """Everybody who works in the stories, and what they know at the moment."""

    def __init__(self, session: Session, coordinator: int, seed: int) -> None:
        self.session = session
        self.seed = seed
        self.house: Directory = directory(session)
        self.words = terms(session)
        self.coordinator = self.house.people[coordinator]
        self.rules = routing.rules(session)
        self.staff = routing.staff(session)
        self.absences = routing.absences(session)
        self.carriers = {carrier.key: carrier for carrier in self.house.carriers.values()}
        self.open = open_cases(session)
        self.last_advisor: dict[int | str, int] = {}
        self._towns: dict[str, int | None] = {}
        self._verdicts: dict[int, Verdict] = {}
        self._due: dict[date, datetime] = {}
        self._words: dict[str, str] = {}

    def town(self, name: str, day: date) -> int | None:
        """Return the id of a municipality, where a register is loaded."""
        if name not in self._towns:
            found = municipalities.find(self.session, name, day)
            self._towns[name] = found.id if found else None
        return self._towns[name]

    def verdict(self, story: Story) -> Verdict:
        """Return what the classifier says; what was made up from one source is asked once."""
        source = story.source
        if not story.made_up:
            return classification.judge(
                self.session, source.subject, story.body, organisation=story.organisation
            )
        key = id(source)
        if key not in self._verdicts:
            self._verdicts[key] = classification.judge(self.session, source.subject, source.body)
        return self._verdicts[key]

    def due(self, received_at: datetime) -> datetime:
        """Return the end of the target's last day."""
        day = local_day(received_at, self.house.calendar.zone)
        if day not in self._due:
            days = self.house.centre.answer_days
            self._due[day] = due_at(received_at, days, self.house.calendar)
        return self._due[day]

    def words_of(self, text: str) -> str:
        """Return the words of a text for the index; the same texts come again and again."""
        if text not in self._words:
            if len(self._words) > 20_000:
                self._words.clear()
            self._words[text] = search_words(text)
        return self._words[text]


def write(session: Session, desk: Desk, stories: Sequence[Story]) -> None:
    """Write a chunk of stories, oldest first, in the caller's transaction."""
    zone = desk.house.calendar.zone
    years = [story.received_at.astimezone(zone).year for story in stories]
    ids = reserve_ids(session, len(stories))
    references = reserve_references(session, desk.house.centre.short_name, years)
    rows = Rows()
    for story, number, reference in zip(stories, ids, references, strict=True):
        _File(desk, story, number, reference, rows).tell()
    rows.lay_down(session)


class _File:
    """One inquiry while its story is told."""

    def __init__(self, desk: Desk, story: Story, number: int, reference: str, rows: Rows) -> None:
        self.desk = desk
        self.story = story
        self.rows = rows
        self.topic: Term | None = None
        self.person: PersonEntry | None = None
        self.status = Status.NEW
        self.touched = self.since = story.received_at
        self.parts = [desk.words_of(story.source.body), desk.words_of(story.added)]
        self.row: dict[str, t.Any] = dict.fromkeys(INQUIRY)
        self.row |= {
            "id": number,
            "reference": reference,
            "intake_key": f"demo:{desk.seed}:{story.number}",
        }

    def tell(self) -> None:
        story, desk = self.story, self.desk
        day = local_day(story.received_at, desk.house.calendar.zone)
        self.row |= {
            "subject": story.source.subject,
            "channel": story.channel,
            "requester_name": story.requester_name,
            "requester_email": story.requester_email,
            "requester_phone": "",
            "organisation": story.organisation,
            "own_reference": "",
            "municipality_id": desk.town(story.town, day) if story.town else None,
            "municipality_name": story.town,
            "received_at": story.received_at,
            "due_at": desk.due(story.received_at),
        }
        channel = CHANNEL_NAMES[Channel(story.channel)]
        self._enter(history.Received(channel=channel), None, story.received_at)
        self._write(story.body, None, story.channel, story.received_at)
        self._classify()
        self._route(desk.house.calendar.next_working_day(day))
        for step in story.steps:
            self._do(step)
        self.row |= {
            "version": 1 + len(story.steps),
            "topic_id": self.topic.id if self.topic else None,
            "assignee_id": self.person.id if self.person else None,
            "status": self.status,
            "status_since": self.since,
            "touched_at": self.touched,
        }
        self.rows.inquiry.append(self.row)
        self.parts.append(desk.words_of(f"{story.source.subject}\n{story.organisation}"))
        self.parts.append(search_words(f"{self.row['reference']} {story.requester_name}"))
        self.parts.append(search_words(f"{story.requester_email} {story.town}"))
        words = " ".join(part for part in self.parts if part)
        self.rows.search.append({"id": self.row["id"], "words": words})
        if self.person:
            if self.status in OPEN:
                desk.open[self.person.id] += 1
            if place := self.place:
                desk.last_advisor[place] = self.person.id

    @property
    def place(self) -> int | str:
        """Return what tells one municipality from another: its number, or its name as typed."""
        return t.cast("int | str", self.row["municipality_id"] or self.row["municipality_name"])

    def _classify(self) -> None:
        verdict = self.desk.verdict(self.story)
        self.row |= {
            "suggested_topic": verdict.topic,
            "confidence": verdict.confidence,
            "topic_reasons": list(verdict.reasons),
            "topic_alternatives": [[o.topic, o.confidence] for o in verdict.alternatives],
            "topic_source": "",
        }
        judged = self.desk.words.topic(verdict.topic)
        sure = verdict.confidence >= classification.CONFIDENCE_TO_DECIDE
        at = self.story.received_at
        if judged and judged.active and sure:
            self.topic = judged
            self.row["topic_source"] = "classifier"
            self._enter(history.Classified(topic=judged.name, because=explain(verdict)), None, at)
        else:
            self._enter(history.TopicUnclear(because=explain(verdict)), None, at)

    def _route(self, day: date) -> None:
        desk, topic = self.desk, self.topic
        house = desk.house
        facts = Facts(
            topic=topic.key if topic else None,
            topic_name=topic.name if topic else "",
            municipality_name=self.story.town,
            fallback_carrier=house.carriers[house.centre.fallback_carrier_id].key,
            carrier_names={key: carrier.short_name for key, carrier in desk.carriers.items()},
            people=desk.staff,
            open_cases=desk.open if topic else {},
            former_advisor=desk.last_advisor.get(self.place),
        )
        decision = choose(desk.rules, facts, desk.absences, day)
        self.row["carrier_id"] = desk.carriers[decision.carrier].id
        person = house.people[decision.person] if decision.person else None
        self._hand_to(person, decision.because, None, self.story.received_at)

    def _hand_to(
        self,
        person: PersonEntry | None,
        because: Sequence[str],
        by: PersonEntry | None,
        at: datetime,
    ) -> None:
        self.person = person
        self.row["assignment_reasons"] = list(because)
        self.touched = at
        reason = " ".join(because)
        if person is None:
            carrier = self.desk.house.carriers[self.row["carrier_id"]].short_name
            self._enter(history.Queued(carrier=carrier, because=reason), by, at)
            return
        self._enter(history.Assigned(to=person.name), by, at)
        self._enter(history.AssignmentReason(to=person.name, because=reason), by, at)
        if self.status == Status.NEW:
            self._move(Status.ASSIGNED, by, at)

    def _do(self, step: Step) -> None:
        by, at = self.person or self.desk.coordinator, step.at
        if step.deed == Deed.SORT:
            self._sort(at)
        if step.deed in {Deed.NOTE, Deed.WAIT_FOR_THIRD_PARTY}:
            self._note(step.text, by, at)
        if step.deed in {Deed.ASK_BACK, Deed.ANSWER}:
            self._answer(step.text, by, at)
        if step.deed == Deed.REPLY:
            channel = CHANNEL_NAMES[Channel.FORM]
            self._enter(history.RequesterWrote(channel=channel), None, at)
            self._write(step.text, None, Channel.FORM, at)
        if new := LEADS_TO.get(step.deed):
            self._move(new, None if step.deed == Deed.REPLY else by, at)

    def _sort(self, at: datetime) -> None:
        """Let a person correct the topic, and give what lies in a queue to somebody."""
        right = self.desk.words.topic(self.story.source.topic)
        by = self.person or self.desk.coordinator
        if right and right != self.topic:
            old = self.topic.name if self.topic else "unklar"
            self._enter(history.TopicCorrected(old=old, new=right.name), by, at)
            self.topic = right
            self.row["topic_source"] = "staff"
        if self.person is None:
            desk, topic = self.desk, right.key if right else ""
            taker, because = taken_by(desk.house, desk.rules, topic, desk.open, by.id)
            self.row["carrier_id"] = taker.carrier_id
            self._hand_to(taker, [because], by, at)

    def _answer(self, text: str, by: PersonEntry, at: datetime) -> None:
        self._enter(history.Answered(), by, at)
        self.row["first_answer_at"] = self.row["first_answer_at"] or at
        self._write(text, by, Channel.STAFF, at)

    def _note(self, text: str, by: PersonEntry, at: datetime) -> None:
        self._enter(history.Noted(), by, at)
        self._write(text, by, Channel.STAFF, at, internal=True)

    def _move(self, new: Status, by: PersonEntry | None, at: datetime) -> None:
        self._enter(history.StatusChanged(old=self.status, new=new), by, at)
        self.status = new
        self.since = self.touched = at

    def _enter(self, made: object, by: PersonEntry | None, at: datetime) -> None:
        kind = history.ENTRY_KINDS[t.cast("t.Any", made).entry_name]
        self.rows.event.append(
            {
                "inquiry_id": self.row["id"],
                "at": at,
                "actor_id": by.id if by else None,
                "actor_name": by.name if by else "",
                "kind": kind.name,
                "public": kind.public,
                "data": dict(vars(made)),
            }
        )

    def _write(
        self,
        body: str,
        by: PersonEntry | None,
        channel: str,
        at: datetime,
        *,
        internal: bool = False,
    ) -> None:
        self.rows.message.append(
            {
                "inquiry_id": self.row["id"],
                "author_id": by.id if by else None,
                "author_name": by.name if by else self.story.requester_name,
                "internal": internal,
                "channel": channel,
                "body": body,
                "created_at": at,
            }
        )
        self.touched = at
        if at != self.story.received_at:
            self.parts.extend(self.desk.words_of(part) for part in body.split("\n\n"))


def open_cases(session: Session) -> Counter[int]:
    """Count the open inquiries of each person."""
    counted = (
        sa.select(Tally.assignee_id, sa.func.sum(Tally.n))
        .where(Tally.status.in_([*OPEN]), Tally.assignee_id != 0)
        .group_by(Tally.assignee_id)
    )
    return Counter({person: int(n) for person, n in session.execute(counted)})


def taken_by(
    house: Directory, rules: Iterable[Rule], topic: str, busy: Counter[int], sorter: int
) -> tuple[PersonEntry, str]:
    """Return who gets what lay in a queue, and the reason that the coordinator writes."""
    pool = next((rule.people for rule in rules if rule.topic == topic and rule.people), ())
    free = [house.people[person] for person in pool if house.people[person].active]
    if not free:
        return house.people[sorter], "Das übernehme ich selbst."
    return min(free, key=lambda person: (busy[person.id], person.id)), "Bitte übernehmen."
