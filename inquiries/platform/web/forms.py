"""The base of all forms: CSRF, clean text, a service's refusal, all in the reader's language."""

from __future__ import annotations

import typing as t
import unicodedata
from contextlib import contextmanager

from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField, ValidationError
from wtforms.meta import DefaultMeta

from inquiries.platform import Outdated, Refused
from inquiries.platform.web.formatting import as_number
from inquiries.platform.web.language import DEFAULT, language
from inquiries.platform.web.language import translate as _

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from wtforms import Field
    from wtforms.form import BaseForm as AnyForm

LINE_MAX = 300
TEXT_MAX = 50_000


# Word and the web put spaces and line ends of their own between words; they must not glue them.
PLAIN_SPACES = str.maketrans(
    dict.fromkeys("\u00a0\u1680\u2007\u202f\u205f\u3000", " ")
    | dict.fromkeys((chr(code) for code in range(0x2000, 0x200B)), " ")
    | {"\u2028": "\n", "\u2029": "\n\n"}
)

ONE_LINE = str.maketrans({"\t": " ", "\n": " ", "\r": None})


def clean_line(text: str | None) -> str:
    """Return typed text as one line without control characters (NUL, line breaks, direction)."""
    spaced = (text or "").translate(ONE_LINE)
    return _printable(unicodedata.normalize("NFC", spaced), "").strip()


def clean_text(text: str | None) -> str:
    """Return typed text with plain line breaks and without other control characters."""
    folded = unicodedata.normalize("NFC", text or "").replace("\r\n", "\n").replace("\r", "\n")
    return _printable(folded, "\n\t").strip()


def _printable(text: str, besides: str) -> str:
    seen = text
    for sign in besides:
        seen = seen.replace(sign, "")
    if seen.isprintable():  # nearly always, and quick for the longest text
        return text
    plain = text.translate(PLAIN_SPACES)
    return "".join(sign for sign in plain if sign in besides or sign.isprintable())


class Line(StringField):
    """A field for one line of text; `max_length` counts characters after cleaning."""

    def __init__(
        self,
        label: str,
        validators: t.Sequence[t.Any] = (),
        *,
        max_length: int = LINE_MAX,
        **kwargs: t.Any,
    ) -> None:
        super().__init__(label, [*validators], filters=(clean_line,), **kwargs)
        self.max_length = max_length

    def pre_validate(self, form: AnyForm) -> None:
        """Refuse what is too long, and say how long it may be."""
        _refuse_long(self, self.max_length)


class Text(TextAreaField):
    """A field for text of several lines; `max_length` counts characters after cleaning."""

    def __init__(
        self,
        label: str,
        validators: t.Sequence[t.Any] = (),
        *,
        max_length: int = TEXT_MAX,
        **kwargs: t.Any,
    ) -> None:
        super().__init__(label, [*validators], filters=(clean_text,), **kwargs)
        self.max_length = max_length

    def pre_validate(self, form: AnyForm) -> None:
        """Refuse what is too long, and say how long it may be."""
        _refuse_long(self, self.max_length)


def _refuse_long(field: Field, max_length: int) -> None:
    if len(field.data or "") > max_length:
        message = _(
            "Der Text ist zu lang: %(typed)s Zeichen, erlaubt sind %(allowed)s.",
            typed=as_number(len(field.data)),
            allowed=as_number(max_length),
        )
        raise ValidationError(message)


class BaseForm(FlaskForm):
    """What all forms share."""

    def validate(self, extra_validators: dict[str, t.Any] | None = None) -> bool:
        """Check the fields, and that all text arrived as it was typed."""
        fine = super().validate(extra_validators)
        if sentence := self._damage():
            self.form_errors.append(sentence)
        return fine and not sentence

    def _damage(self) -> str:
        """Say what was wrong with the signs that arrived; fields show the text without them."""
        raw = "".join(
            text for field in self for text in field.raw_data or () if isinstance(text, str)
        )
        if "\x00" in raw:
            return _(
                "Ihr Text enthielt unsichtbare Steuerzeichen (NUL). Wir haben sie entfernt. "
                "Bitte prüfen Sie Ihre Angaben und senden Sie sie noch einmal."
            )
        if "\ufffd" in raw:
            return _(
                "Einige Zeichen sind unleserlich angekommen (�). "
                "Bitte ersetzen Sie sie und senden Sie das Formular noch einmal."
            )
        return ""

    class Meta(FlaskForm.Meta):
        """WTForms' own messages in the language of the page."""

        @property
        def locales(self) -> list[str]:
            """Return the names under which WTForms keeps the language."""
            return ["de_DE", "de"] if language() == DEFAULT else [language()]

        def get_translations(self, form: t.Any) -> t.Any:  # noqa: ANN401 - as WTForms has it
            """Take WTForms' own, which are kept; Flask-WTF would load them for every form."""
            return DefaultMeta.get_translations(self, form)

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Show a service's refusal beside the form; the person's text stays as it is.

        What has changed meanwhile (`Outdated`) is no matter of the form and goes on upwards.
        """
        try:
            yield
        except Outdated:
            raise
        except Refused as refusal:
            if refusal.field and refusal.field in self._fields:
                field = self._fields[refusal.field]
                field.errors = [*field.errors, _(refusal.sentence)]
            else:
                self.form_errors.append(_(refusal.sentence))
