"""Log-in, log-out, absences."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user
from sqlalchemy.orm import joinedload

from inquiries.accounts import service
from inquiries.accounts.directory import directory
from inquiries.accounts.forms import AbsenceForm, LoginForm
from inquiries.accounts.models import Absence, Role, User
from inquiries.platform import Refused, clock
from inquiries.platform.db import transaction
from inquiries.platform.settings import settings
from inquiries.platform.web import db, login_manager
from inquiries.platform.web.doors import door, open_to_all
from inquiries.platform.web.errors import written
from inquiries.platform.web.language import translate
from inquiries.platform.web.paths import is_local
from inquiries.platform.workdays import local_day

if t.TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

bp = Blueprint("accounts", __name__)
START = "casework.queue"


def load_user(token: str) -> User | None:
    """Return whose log-in the cookie names."""
    return service.user_of_session(db.session, token, now=clock.now())


def ask_to_log_in() -> ResponseReturnValue:
    """Send an anonymous visitor to the log-in and, afterwards, back to the page she wanted.

    Whoever wrote something while her log-in ended gets it back first.
    """
    if written():
        abort(401)
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("accounts.login", next=wanted))


login_manager.user_loader(load_user)
login_manager.unauthorized_handler(ask_to_log_in)


def _safe_next() -> str:
    """Return the page to go to after the log-in; only paths of this site (no open redirect)."""
    wanted = request.args.get("next", "")
    return wanted if is_local(wanted) else url_for(START)


@bp.route("/anmelden", methods=["GET", "POST"])
@open_to_all
def login() -> ResponseReturnValue:
    """Log in."""
    if current_user.is_authenticated:
        return redirect(_safe_next())
    form = LoginForm()
    status = 200
    if form.validate_on_submit():
        credentials = form.credentials(request.remote_addr or "")
        try:
            with transaction(db.session):
                service.count_attempt(db.session, credentials, now=clock.now())
        except Refused as refusal:
            form.form_errors.append(translate(refusal.sentence))
            return _login_page(form, refusal.status)
        with form.refusals():
            user_id = service.check_password(db.session, credentials)
            with transaction(db.session):
                user = service.start_session(db.session, user_id, credentials, now=clock.now())
            session.clear()
            login_user(user)
            return redirect(_safe_next())
    if form.errors:
        status = 422
    return _login_page(form, status)


def _login_page(form: LoginForm, status: int) -> ResponseReturnValue:
    logins: list[User] = []
    if settings().demo:
        demo_users = sa.select(User).where(User.demo, User.active).order_by(User.id)
        logins = list(db.session.scalars(demo_users))
    return render_template("accounts/login.html", form=form, logins=logins), status


@bp.post("/abmelden")
@door(Role.ADVISOR)
def logout() -> ResponseReturnValue:
    """Log out; the session ends in the database too."""
    with transaction(db.session):
        service.end_session(db.session, current_user.session_token)
    logout_user()
    session.clear()
    flash(_("Sie sind abgemeldet."), "success")
    return redirect(url_for(".login"))


@bp.route("/abwesenheiten", methods=["GET", "POST"])
@door(Role.ADVISOR)
def absences() -> ResponseReturnValue:
    """Show who is away, and enter an absence."""
    form = _absence_form()
    if form.validate_on_submit():
        with form.refusals(), transaction(db.session):
            absence = service.enter_absence(db.session, form.away(), by=current_user)
        if not form.errors:
            flash(_("Die Abwesenheit ist eingetragen."), "success")
            return redirect(url_for(".absences", person=absence.user_id))
    today = local_day(clock.now(), settings().zone)
    listed = db.session.scalars(
        sa.select(Absence)
        .where(Absence.last_day >= today)
        .options(joinedload(Absence.user), joinedload(Absence.deputy))
        .order_by(Absence.first_day, Absence.id)
    ).all()
    page = render_template(
        "accounts/absences.html",
        form=form,
        absences=listed,
        today=today,
        entered_for=directory(db.session).people.get(request.args.get("person", 0, int)),
        may_remove={a.id for a in listed if service.may_enter_for(current_user, a.user_id)},
    )
    return page, 422 if form.errors else 200


def _absence_form() -> AbsenceForm:
    form = AbsenceForm()
    people = [person for person in directory(db.session).people.values() if person.active]
    form.offer(
        [person for person in people if service.may_enter_for(current_user, person.id)], people
    )
    if not form.is_submitted():
        form.person.data = current_user.id
    return form


@bp.post("/abwesenheiten/<int:absence_id>/loeschen")
@door(Role.ADVISOR)
def remove_absence(absence_id: int) -> ResponseReturnValue:
    """Take an absence back."""
    with transaction(db.session):
        absence = db.session.get(Absence, absence_id)
        if absence is not None:
            service.remove_absence(db.session, absence, by=current_user)
    flash(_("Die Abwesenheit ist gelöscht."), "success")
    return redirect(url_for(".absences"))
