"""The states of an inquiry: what they are called, what they mean, which move leads where."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Where an inquiry stands; the values are what API, database and exports show."""

    NEW = "new"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    WAITING_FOR_REQUESTER = "waiting_for_requester"
    WAITING_FOR_THIRD_PARTY = "waiting_for_third_party"
    ANSWERED = "answered"
    CLOSED = "closed"
    SPAM = "spam"

    @property
    def label(self) -> str:
        """Return the word that staff read."""
        return WORDING[self].staff

    @property
    def public_label(self) -> str:
        """Return the word that the requester reads."""
        return WORDING[self].public

    @property
    def public_sentence(self) -> str:
        """Return what the state means for the requester and what happens next."""
        return WORDING[self].sentence


@dataclass(frozen=True, slots=True)
class Wording:
    """The German words for one state: for staff, and for the requester."""

    staff: str
    public: str
    sentence: str


WORDING: dict[Status, Wording] = {
    Status.NEW: Wording(
        "neu",
        "eingegangen",
        "Ihre Anfrage ist bei uns angekommen; als Nächstes sehen wir, wer sie beantwortet.",
    ),
    Status.ASSIGNED: Wording(
        "zugewiesen",
        "zugeordnet",
        "Ihre Anfrage liegt bei der zuständigen Ansprechperson, die sich bei Ihnen meldet.",
    ),
    Status.IN_PROGRESS: Wording(
        "in Bearbeitung",
        "in Bearbeitung",
        "Wir arbeiten an Ihrer Anfrage und schreiben Ihnen, sobald die Antwort fertig ist.",
    ),
    Status.WAITING_FOR_REQUESTER: Wording(
        "wartet auf Anfragende",
        "wartet auf Sie",
        "Wir haben eine Rückfrage an Sie und arbeiten weiter, sobald Sie geantwortet haben.",
    ),
    Status.WAITING_FOR_THIRD_PARTY: Wording(
        "wartet auf Dritte",
        "wartet auf eine andere Stelle",
        "Wir warten auf die Auskunft einer anderen Stelle; Sie müssen nichts tun, "
        "wir melden uns danach bei Ihnen.",
    ),
    Status.ANSWERED: Wording(
        "beantwortet",
        "beantwortet",
        "Wir haben Ihnen geantwortet; wenn etwas offen ist, antworten Sie einfach, "
        "sonst schließen wir die Anfrage ab.",
    ),
    Status.CLOSED: Wording(
        "abgeschlossen",
        "abgeschlossen",
        "Ihre Anfrage ist abgeschlossen; wenn Sie noch etwas brauchen, stellen Sie bitte eine "
        "neue Anfrage.",
    ),
    Status.SPAM: Wording(
        "Spam",
        "nicht bearbeitet",
        "Wir haben diese Nachricht nicht als Anfrage erkannt; falls das ein Irrtum ist, "
        "rufen Sie uns bitte an.",
    ),
}

WAITING = frozenset({Status.WAITING_FOR_REQUESTER, Status.WAITING_FOR_THIRD_PARTY})
"""Somebody else has to do something first."""

OPEN = frozenset({Status.NEW, Status.ASSIGNED, Status.IN_PROGRESS}) | WAITING
"""An answer is owed. `answered` is neither open nor final: it rests until it is closed."""

FINAL = frozenset({Status.CLOSED, Status.SPAM})
"""Nothing more happens unless somebody takes it up again."""

CLOCK_RUNS = OPEN - {Status.WAITING_FOR_REQUESTER}
"""The deadline counts. While the requester owes us a word, nobody here is late; while we wait
for a third party, the requester still waits for us."""

# Read a line as "from … one may go to …". A move to `assigned` hands over or assigns, a move to
# `new` gives back to the queue; waiting needs somebody who waits, so `new` cannot wait. From
# `closed` there is only one way: take it up again. Spam can only be what nobody answered yet.
ALLOWED: dict[Status, tuple[Status, ...]] = {
    Status.NEW: (
        Status.ASSIGNED,
        Status.IN_PROGRESS,
        Status.ANSWERED,
        Status.CLOSED,
        Status.SPAM,
    ),
    Status.ASSIGNED: (
        Status.IN_PROGRESS,
        Status.WAITING_FOR_REQUESTER,
        Status.WAITING_FOR_THIRD_PARTY,
        Status.ANSWERED,
        Status.CLOSED,
        Status.NEW,
        Status.SPAM,
    ),
    Status.IN_PROGRESS: (
        Status.WAITING_FOR_REQUESTER,
        Status.WAITING_FOR_THIRD_PARTY,
        Status.ANSWERED,
        Status.CLOSED,
        Status.ASSIGNED,
        Status.NEW,
        Status.SPAM,
    ),
    Status.WAITING_FOR_REQUESTER: (
        Status.IN_PROGRESS,
        Status.WAITING_FOR_THIRD_PARTY,
        Status.ANSWERED,
        Status.CLOSED,
    ),
    Status.WAITING_FOR_THIRD_PARTY: (
        Status.IN_PROGRESS,
        Status.WAITING_FOR_REQUESTER,
        Status.ANSWERED,
        Status.CLOSED,
    ),
    Status.ANSWERED: (Status.IN_PROGRESS, Status.CLOSED),
    Status.CLOSED: (Status.IN_PROGRESS,),
    Status.SPAM: (Status.NEW,),
}


def moves_from(old: Status) -> tuple[Status, ...]:
    """Return the states that an inquiry may go to, the most usual first."""
    return ALLOWED[old]


def may_move(old: Status, new: Status) -> bool:
    """Say whether a move is allowed; staying is no move."""
    return new in ALLOWED[old]
