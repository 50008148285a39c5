"""Forms of the inquiry page: one for each deed. All carry what the person saw."""

from __future__ import annotations

import typing as t

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, DateField, IntegerField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # stubs are older
from wtforms.validators import InputRequired, NumberRange

from inquiries.casefile.status import Status
from inquiries.casework import service
from inquiries.platform.web.forms import BaseForm, Text

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from inquiries.accounts.directory import CarrierEntry, PersonEntry
    from inquiries.casefile.terms import Term

REASON_MAX = 500
PERSON, QUEUE = "person-", "queue-"
GREATEST = 2**31 - 1

Receivers = dict[str, list[tuple[str, str]]]


def receivers(
    carriers: Mapping[int, CarrierEntry], people: Iterable[PersonEntry], away: Mapping[int, str]
) -> Receivers:
    """Return whom a file may go to, queues and people, by carrier; `away`: who is, until when."""
    groups: Receivers = {
        carrier.short_name: [(f"{QUEUE}{carrier.id}", str(_("Eingangskorb")))]
        for carrier in carriers.values()
    }
    for person in people:
        label = f"{person.name} ({away[person.id]})" if person.id in away else person.name
        groups[carriers[person.carrier_id].short_name].append((f"{PERSON}{person.id}", label))
    return groups


class DeskForm(BaseForm):
    """What the person saw when she began: the file's version, and its newest entry."""

    class Meta(BaseForm.Meta):
        """No token of its own: the application checks every POST, and a page has six forms."""

        csrf = False

    version = IntegerField(
        validators=[
            InputRequired(_("Bitte laden Sie die Seite neu.")),
            NumberRange(0, GREATEST, _("Bitte laden Sie die Seite neu.")),
        ]
    )
    seen = IntegerField(default=0)

    @property
    def seen_version(self) -> int:
        """Return the version that the person saw."""
        return t.cast("int", self.version.data)


class AnswerForm(DeskForm):
    """An answer to the requester."""

    text = Text(_("Ihre Antwort"), id="antwort")
    then = RadioField(
        _("Danach"),
        choices=[
            SelectChoice(Status.ANSWERED.value, _("beantwortet")),
            SelectChoice(Status.WAITING_FOR_REQUESTER.value, _("Rückfrage, wartet auf Anfragende")),
            SelectChoice(Status.IN_PROGRESS.value, _("bleibt in Bearbeitung")),
        ],
        default=Status.ANSWERED.value,
        id="danach",
    )
    module = SelectField(_("Textbaustein"), choices=[], validate_choice=False, id="baustein")

    def answer(self) -> service.Answer:
        """Return what was written."""
        return service.Answer(self.seen_version, self.text.data or "", Status(self.then.data))


class NoteForm(DeskForm):
    """A note for colleagues."""

    text = Text(_("Ihre Notiz"), id="notiz")

    def note(self) -> service.Note:
        """Return what was written."""
        return service.Note(self.seen_version, self.text.data or "")


class HandoverForm(DeskForm):
    """To whom the file goes, and why."""

    to = SelectField(_("An"), id="weitergeben-an")
    because = Text(_("Begründung"), max_length=REASON_MAX, id="weitergeben-grund")

    def offer(self, receivers: Receivers) -> None:
        """Fill in whom the file may go to."""
        self.to.choices = {"": [("", "")], **receivers}

    def handover(self) -> service.Handover:
        """Return to whom and why."""
        chosen, because = self.to.data or "", self.because.data or ""
        if chosen.startswith(PERSON):
            person = int(chosen.removeprefix(PERSON))
            return service.Handover(self.seen_version, because, person_id=person)
        carrier = int(chosen.removeprefix(QUEUE) or 0)
        return service.Handover(self.seen_version, because, carrier_id=carrier)


class MoveForm(DeskForm):
    """To which status the file goes."""

    to = SelectField(
        _("Neuer Stand"),
        choices=[SelectChoice(status.value, _(status.label)) for status in Status],
    )

    def move(self) -> service.Move:
        """Return the status."""
        return service.Move(self.seen_version, Status(self.to.data))


class TopicForm(DeskForm):
    """Which topic it is."""

    topic = SelectField(_("Themenfeld"), id="themenfeld")
    reroute = BooleanField(_("Zuständigkeit neu bestimmen"), default=True, id="neu-zuweisen")

    def offer(self, topics: Iterable[Term]) -> None:
        """Fill in the topics that are in use."""
        self.topic.choices = [(topic.key, topic.name) for topic in topics if topic.active]

    def correction(self) -> service.Correction:
        """Return what was chosen."""
        return service.Correction(self.seen_version, self.topic.data, reroute=self.reroute.data)


class DueForm(DeskForm):
    """By which day the answer is due, and why."""

    day = DateField(
        _("Neue Frist"),
        validators=[InputRequired(_("Bitte geben Sie den neuen Tag an."))],
        id="frist-tag",
    )
    because = Text(_("Begründung"), max_length=REASON_MAX, id="frist-grund")

    def due_date(self) -> service.DueDate:
        """Return the day and the reason."""
        day = t.cast("t.Any", self.day.data)
        return service.DueDate(self.seen_version, day, self.because.data or "")


class TakeForm(DeskForm):
    """Nothing but what was seen: taking over asks for no more."""
