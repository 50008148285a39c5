"""Forms of the accounts stage."""

from __future__ import annotations

import typing as t

from flask_babel import lazy_gettext as _
from wtforms import DateField, PasswordField, SelectField
from wtforms.validators import InputRequired

from inquiries.accounts.service import Away, Credentials
from inquiries.platform.web.forms import BaseForm, Line

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from inquiries.accounts.directory import PersonEntry


class LoginForm(BaseForm):
    """Who are you?"""

    email = Line(
        _("E-Mail-Adresse"),
        validators=[InputRequired(_("Bitte geben Sie Ihre E-Mail-Adresse ein."))],
        render_kw={"type": "email", "autocomplete": "username"},
    )
    password = PasswordField(
        _("Passwort"),
        validators=[InputRequired(_("Bitte geben Sie Ihr Passwort ein."))],
        render_kw={"autocomplete": "current-password"},
    )

    def credentials(self, address: str) -> Credentials:
        """Return what was typed."""
        return Credentials(self.email.data or "", self.password.data or "", address)


class AbsenceForm(BaseForm):
    """Who is away from when until when, and who stands in?"""

    person = SelectField(_("Wer ist abwesend?"), coerce=int)
    first_day = DateField(
        _("Erster Tag"), validators=[InputRequired(_("Bitte geben Sie den ersten Tag an."))]
    )
    last_day = DateField(
        _("Letzter Tag"), validators=[InputRequired(_("Bitte geben Sie den letzten Tag an."))]
    )
    deputy = SelectField(_("Vertretung"), coerce=int)

    def offer(self, people: Iterable[PersonEntry], deputies: Iterable[PersonEntry]) -> None:
        """Fill in whom the user may choose."""
        self.person.choices = [(person.id, person.name) for person in people]
        nobody = (0, str(_("Niemand; neue Anfragen gehen in den Eingangskorb")))
        self.deputy.choices = [nobody, *((person.id, person.name) for person in deputies)]

    def away(self) -> Away:
        """Return what was entered."""
        first, last = t.cast("t.Any", self.first_day.data), t.cast("t.Any", self.last_day.data)
        return Away(self.person.data, self.deputy.data or None, first, last)
