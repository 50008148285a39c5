"""History: typed entries with a sentence, written where the deed is done.

One stream feeds the staff's timeline, the requester's page, the digest and later the deletion of
personal data. An entry is a frozen dataclass whose docstring is its German sentence; `public` says
whether requesters see it, `personal` names the fields that fall under data protection.
"""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass

from inquiries.casefile.models import Event
from inquiries.casefile.status import Status

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from inquiries.accounts.actors import Actor
    from inquiries.casefile.models import Inquiry

SYSTEM = "Das System"

Entry = t.TypeVar("Entry")


@dataclass(frozen=True)
class EntryKind:
    """What is known of a kind of entry."""

    name: str
    sentence: str
    public: bool
    personal: tuple[str, ...]


ENTRY_KINDS: dict[str, EntryKind] = {}


@t.dataclass_transform(frozen_default=True)
def entry(
    name: str, *, public: bool, personal: tuple[str, ...] = ()
) -> Callable[[type[Entry]], type[Entry]]:
    """Declare a kind of entry; its docstring is the sentence, with fields in braces."""

    def register(cls: type[Entry]) -> type[Entry]:
        made = dataclass(frozen=True)(cls)
        fields = {field.name for field in dataclasses.fields(t.cast("t.Any", made))}
        if unknown := set(personal) - fields:
            message = f"{name}: personal fields {unknown} do not exist"
            raise TypeError(message)
        sentence = (cls.__doc__ or "").strip()
        ENTRY_KINDS[name] = EntryKind(name, sentence, public, personal)
        t.cast("t.Any", made).entry_name = name
        return made

    return register


@entry("received", public=True)
class Received:
    """Anfrage eingegangen ({channel})."""

    channel: str


@entry("classified", public=False)
class Classified:
    """{actor} ordnet dem Themenfeld „{topic}“ zu. {because}"""

    topic: str
    because: str


@entry("topic_unclear", public=False)
class TopicUnclear:
    """Das Themenfeld ist unklar, eine Person sieht es an. {because}"""

    because: str


@entry("topic_corrected", public=False)
class TopicCorrected:
    """{actor} ändert das Themenfeld von „{old}“ in „{new}“."""

    old: str
    new: str


@entry("topic_confirmed", public=False)
class TopicConfirmed:
    """{actor} bestätigt das Themenfeld „{topic}“."""

    topic: str


@entry("assigned", public=True, personal=())
class Assigned:
    """Zuständig ist {to}."""

    to: str


@entry("assignment_reason", public=False, personal=("because",))
class AssignmentReason:
    """{actor} gibt die Anfrage an {to}: {because}"""

    to: str
    because: str


@entry("queued", public=False)
class Queued:
    """Die Anfrage liegt im Eingangskorb von {carrier}: {because}"""

    carrier: str
    because: str


@entry("status_changed", public=True)
class StatusChanged:
    """Neuer Stand: {new_label}."""

    old: str
    new: str


@entry("answered", public=True)
class Answered:
    """{actor} hat geantwortet."""


@entry("noted", public=False)
class Noted:
    """{actor} hat eine interne Notiz geschrieben."""


@entry("requester_wrote", public=True)
class RequesterWrote:
    """Nachricht der anfragenden Stelle eingegangen ({channel})."""

    channel: str


@entry("due_changed", public=False, personal=("because",))
class DueChanged:
    """{actor} ändert das Fälligkeitsdatum von {old} in {new}. {because}"""

    old: str
    new: str
    because: str


def record(
    session: Session, inquiry: Inquiry, made: object, *, by: Actor | None, now: datetime
) -> Event:
    """Write an entry into the history of an inquiry; `by` None means the system did it."""
    kind = ENTRY_KINDS[t.cast("t.Any", made).entry_name]
    event = Event(
        inquiry=inquiry,
        at=now,
        actor_id=by.id if by else None,
        actor_name=by.name if by else "",
        kind=kind.name,
        public=kind.public,
        data=dataclasses.asdict(t.cast("t.Any", made)),
    )
    session.add(event)
    return event


def sentence(event: Event, *, for_requester: bool = False) -> str:
    """Return the entry as a German sentence, with the words of staff or those for requesters.

    The status's name is looked up when it is read, so that a better word serves old entries too.
    Old entries may lack what was added to their kind later, or what was deleted as personal.
    """
    values = _Told(event.data, actor=event.actor_name or SYSTEM)
    if event.kind == "status_changed" and (new := values.get("new")) in set(Status):
        values["new_label"] = Status(new).public_label if for_requester else Status(new).label
    return ENTRY_KINDS[event.kind].sentence.format_map(values).strip()


class _Told(dict[str, t.Any]):
    """What is known of an entry; shows an ellipsis for what is not."""

    def __missing__(self, _name: str) -> str:
        return "…"
