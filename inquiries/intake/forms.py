"""Forms of the front door."""

from __future__ import annotations

import hashlib
import re
import secrets
import typing as t

from flask_babel import lazy_gettext as _
from flask_wtf.file import MultipleFileField
from wtforms import (
    BooleanField,
    DateField,
    Field,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    ValidationError,
)
from wtforms.validators import DataRequired, Optional

from inquiries.casefile.models import Channel
from inquiries.intake import uploads
from inquiries.intake.checks import email_fault
from inquiries.intake.service import SUBJECT_MAX, Submission
from inquiries.platform.web.forms import BaseForm, Line, Text

if t.TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from wtforms.form import BaseForm as AnyForm

    from inquiries.accounts.directory import PersonEntry
    from inquiries.accounts.models import Municipality
    from inquiries.casefile.service import Upload
    from inquiries.casefile.terms import Term, Terms

FORM_KEY = re.compile(r"[A-Za-z0-9_-]{22,64}")
ACCEPT = ",".join(f".{ending}" for ending in uploads.KINDS)
NOT_TYPED = {"csrf_token", "form_key", "files", "website"}
UNKNOWN_TOPIC = _("Weiß ich nicht – bitte ordnen Sie zu")


class Email(Line):
    """A field for exactly one e-mail address that mail can be sent to."""

    def pre_validate(self, form: AnyForm) -> None:
        """Refuse several addresses and whatever is none; looks nothing up."""
        if self.data and (sentence := email_fault(self.data)):
            raise ValidationError(_(sentence))


class Day(DateField):
    """A field for a day: picked, or typed as TT.MM.JJJJ."""

    def __init__(self, label: str, validators: t.Sequence[t.Any] = (), **kwargs: t.Any) -> None:
        written = ["%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y"]
        super().__init__(label, [*validators], format=written, **kwargs)

    def _value(self) -> str:
        """Return the day as the browser's date field wants it, however it was typed."""
        if self.data:
            return str(self.data.isoformat())
        return self.raw_data[0] if self.raw_data else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the day.

        Raises:
            ValueError: with the sentence that is shown.
        """
        try:
            super().process_formdata(valuelist)
        except ValueError:
            sentence = _("Bitte geben Sie ein Datum an, zum Beispiel 23.11.2026.")
            raise ValueError(sentence) from None


class OneTimeForm(BaseForm):
    """A form that is sent once: it carries a random key, under which its files wait, too."""

    form_key = HiddenField()

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(*args, **kwargs)
        if not FORM_KEY.fullmatch(self.form_key.data or ""):
            self.form_key.data = secrets.token_urlsafe(24)

    @property
    def key(self) -> str:
        """Return the form's random key."""
        return self.form_key.data or ""

    def key_with(self, *texts: str | None) -> str:
        """Return the key of what is sent: the same form with another text is something new."""
        content = hashlib.sha256("\n".join(text or "" for text in texts).encode())
        return f"{self.key}:{content.hexdigest()[:16]}"

    def written(self) -> list[str]:
        """Return all that was written; nothing of it may get lost as a mere repetition."""
        return [field.data or "" for field in self if isinstance(field, (Line, Text))]

    def is_forged(self) -> bool:
        """Tell whether the form came without the token of this browser's session."""
        return self.meta.csrf and bool(self.csrf_token.errors)


class InquiryForm(OneTimeForm):
    """The public form: who are you, and what is your question?"""

    name = Line(
        _("Ihr Name"),
        validators=[DataRequired(_("Bitte geben Sie Ihren Namen an."))],
        max_length=200,
    )
    email = Email(
        _("E-Mail-Adresse"),
        validators=[DataRequired(_("Bitte geben Sie Ihre E-Mail-Adresse an."))],
        description=_("Dorthin geht die Antwort. Auch ein Funktionspostfach ist möglich."),
        render_kw={"type": "email"},
    )
    phone = Line(_("Telefon"), max_length=60, render_kw={"type": "tel"})
    organisation = Line(
        _("Organisation"),
        description=_("Zum Beispiel Amt, Träger oder Verein."),
    )
    municipality = Line(
        _("Kommune"),
        description=_("Name oder Postleitzahl. Ist Ihre nicht dabei, schreiben Sie sie einfach."),
        max_length=200,
    )
    group = RadioField(_("Sie schreiben für"), validators=[Optional()])
    subject = Line(
        _("Betreff"),
        validators=[DataRequired(_("Bitte geben Sie einen Betreff an."))],
        max_length=SUBJECT_MAX,
    )
    body = Text(
        _("Ihre Frage"),
        validators=[DataRequired(_("Bitte schreiben Sie, worum es geht."))],
        description=_("Bitte nennen Sie keine Namen von Bewohner:innen oder Kindern."),
    )
    files = MultipleFileField(
        _("Anlagen"),
        description=_(
            "Bis zu 5 Dateien, je 10 MB, zusammen 20 MB: PDF, Word, Excel, PowerPoint, "
            "OpenDocument, Text, CSV, JPG oder PNG."
        ),
        render_kw={"accept": ACCEPT},
    )
    topic = RadioField(_("Themenfeld"), default="")
    own_reference = Line(
        _("Ihr Zeichen"),
        description=_("Wir nennen es in allen Antworten."),
        max_length=100,
    )
    wished_for = Day(
        _("Antwort gewünscht bis"),
        description=_("Falls es bei Ihnen eine Frist gibt."),
        validators=[Optional()],
    )
    website = StringField(_("Bitte lassen Sie dieses Feld frei"))

    def offer(self, words: Terms, today: date) -> None:
        """Fill in what may be chosen, and which day is past."""
        self.today = today
        self.group.choices = [(group.key, group.name) for group in words.groups if group.active]
        topics = [(topic.key, topic.name) for topic in words.topics if topic.active]
        self.topic.choices = [("", UNKNOWN_TOPIC), *topics]

    def validate_wished_for(self, field: Field) -> None:
        """Refuse days that are past."""
        if field.data and field.data < self.today:
            raise ValidationError(_("Dieser Tag ist vorbei. Bitte wählen Sie einen späteren."))

    def validate_website(self, field: Field) -> None:
        """Refuse whoever fills in the field that people do not see."""
        if field.data:
            raise ValidationError(_("Bitte lassen Sie das Feld „Website“ frei."))

    def typed(self) -> list[tuple[str, str]]:
        """Return all that was typed, by field, to travel along with the next page."""
        fields = (field for field in self if field.name not in NOT_TYPED)
        return [(field.name, str(_text_of(field))) for field in fields]

    def submission(
        self, municipality: Municipality | None, files: tuple[Upload, ...]
    ) -> Submission:
        """Return what was asked."""
        return Submission(
            subject=self.subject.data or "",
            body=self.body.data or "",
            channel=Channel.FORM,
            requester_name=self.name.data or "",
            requester_email=self.email.data or "",
            requester_phone=self.phone.data or "",
            organisation=self.organisation.data or "",
            own_reference=self.own_reference.data or "",
            wished_for=self.wished_for.data,
            municipality_id=municipality.id if municipality else None,
            municipality_name=_name_of(municipality, self.municipality),
            group=self.group.data or "",
            topic=self.topic.data or "",
            intake_key=f"form:{self.key_with(*self.written())}",
            uploads=files,
        )


class ReplyForm(OneTimeForm):
    """What the requester adds on the status page."""

    body = Text(
        _("Ihre Nachricht"),
        validators=[DataRequired(_("Bitte schreiben Sie Ihre Nachricht."))],
        description=_("Bitte nennen Sie keine Namen von Bewohner:innen oder Kindern."),
    )
    files = MultipleFileField(
        _("Anlagen"),
        description=_("Bis zu 5 Dateien, je 10 MB, zusammen 20 MB."),
        render_kw={"accept": ACCEPT},
    )


class PhoneNoteForm(OneTimeForm):
    """A call, written down in under a minute."""

    name = Line(
        _("Wer hat angerufen?"),
        validators=[DataRequired(_("Bitte notieren Sie, wer angerufen hat."))],
        max_length=200,
    )
    phone = Line(_("Rückrufnummer"), max_length=60, render_kw={"type": "tel"})
    email = Email(
        _("E-Mail-Adresse"),
        description=_("Dorthin geht eine Bestätigung."),
        render_kw={"type": "email"},
    )
    organisation = Line(_("Organisation"))
    municipality = Line(_("Kommune"), max_length=200)
    subject = Line(
        _("Betreff"),
        validators=[DataRequired(_("Bitte geben Sie einen Betreff an."))],
        max_length=SUBJECT_MAX,
    )
    body = Text(
        _("Worum geht es?"),
        validators=[DataRequired(_("Bitte notieren Sie in ein, zwei Zeilen, worum es geht."))],
    )
    topic = SelectField(_("Themenfeld"), default="")
    kind = SelectField(_("Art des Anliegens"), default="")
    assign_to = SelectField(_("Für"), coerce=int, default=0)
    done = BooleanField(_("Gleich erledigt: Ich habe am Telefon geantwortet"))
    answer = Text(
        _("Ihre Antwort"),
        description=_("Nur wenn gleich erledigt: Was haben Sie geraten?"),
    )

    def offer(self, words: Terms, people: Iterable[PersonEntry]) -> None:
        """Fill in what may be chosen."""
        self.topic.choices = [("", _("Automatisch zuordnen")), *_named(words.topics)]
        self.kind.choices = [("", _("Keine Angabe")), *_named(words.kinds)]
        colleagues = [(person.id, person.name) for person in people if person.active]
        self.assign_to.choices = [(0, _("Nach den Regeln")), *colleagues]

    def validate_phone(self, field: Field) -> None:
        """Ask for a way to call back, unless nobody has to."""
        if not (field.data or self.email.data or self.done.data):
            raise ValidationError(
                _("Bitte notieren Sie eine Rückrufnummer oder eine E-Mail-Adresse.")
            )

    def validate_answer(self, field: Field) -> None:
        """Ask what the answer was, when it is given already."""
        if self.done.data and not field.data:
            raise ValidationError(_("Bitte notieren Sie Ihre Antwort."))
        if field.data and not self.done.data:
            raise ValidationError(
                _("Bitte kreuzen Sie „Gleich erledigt“ an, oder lassen Sie die Antwort frei.")
            )

    def submission(self, municipality: Municipality | None, by_id: int) -> Submission:
        """Return what the caller asked; what is done already stays with whoever did it."""
        chosen = self.assign_to.data or None
        return Submission(
            subject=self.subject.data or "",
            body=self.body.data or "",
            channel=Channel.PHONE,
            requester_name=self.name.data or "",
            requester_email=self.email.data or "",
            requester_phone=self.phone.data or "",
            organisation=self.organisation.data or "",
            municipality_id=municipality.id if municipality else None,
            municipality_name=_name_of(municipality, self.municipality),
            topic=self.topic.data or "",
            kind=self.kind.data or "",
            intake_key=f"phone:{self.key_with(*self.written())}",
            assign_to=by_id if self.done.data else chosen,
            confirm=not self.done.data,
        )


def _text_of(field: Field) -> object:
    """Return what a field would show in its page; choices have no text of their own."""
    return field._value() if hasattr(field, "_value") else field.data or ""  # noqa: SLF001 - WTForms' way


def _name_of(municipality: Municipality | None, typed: Line) -> str:
    """Return the register's name, or what was typed where the register does not know it."""
    return municipality.short_name if municipality else typed.data or ""


def _named(those: Iterable[Term]) -> list[tuple[str, str]]:
    return [(term.key, term.name) for term in those if term.active]
