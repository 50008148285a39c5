"""Log-in, and who is away."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from inquiries.accounts.directory import directory
from inquiries.accounts.models import Absence, LoginAttempt, Role, StaffSession, User
from inquiries.accounts.passwords import hashed, matches
from inquiries.platform import Refused, snapshot
from inquiries.platform.settings import settings
from inquiries.platform.snapshot import changed
from inquiries.platform.tokens import digest, new_token

if t.TYPE_CHECKING:
    from sqlalchemy.orm import Session

SESSION_LENGTH = timedelta(hours=12)
ATTEMPTS_WITHIN = timedelta(minutes=15)
ATTEMPTS_PER_ACCOUNT = 10
ATTEMPTS_PER_ADDRESS = 60
WRONG = "E-Mail-Adresse oder Passwort ist falsch."
TOO_MANY = "Zu viele Versuche. Bitte warten Sie 15 Minuten und versuchen Sie es dann noch einmal."


@dataclass(frozen=True)
class Credentials:
    """What somebody types to log in, and from where."""

    email: str
    password: str
    address: str


def count_attempt(session: Session, credentials: Credentials, *, now: datetime) -> None:
    """Count a try to log in before the password is looked at, so that parallel tries count too.

    It counts per account, whether that exists or not, and per network address.

    Raises:
        Refused: 429, when there were too many.
    """
    since = now - ATTEMPTS_WITHIN
    session.execute(sa.delete(LoginAttempt).where(LoginAttempt.at < since))
    for key, allowed in _keys(credentials):
        _take_turns(session, key)
        session.add(LoginAttempt(key=key, at=now))
        session.flush()
        tries = sa.select(sa.func.count()).where(LoginAttempt.key == key, LoginAttempt.at >= since)
        if (session.scalar(tries) or 0) > allowed:
            raise Refused(TOO_MANY, status=429)


def _take_turns(session: Session, key: str) -> None:
    """Let tries of the same account or address wait for one another until the commit.

    They would not see each other's rows otherwise. On SQLite all who write take turns anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        number = int(key[:15], 16)
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


def _keys(credentials: Credentials) -> tuple[tuple[str, int], ...]:
    account = digest(f"account:{credentials.email.lower()}")
    address = digest(f"address:{credentials.address}")
    return ((account, ATTEMPTS_PER_ACCOUNT), (address, ATTEMPTS_PER_ADDRESS))


def check_password(session: Session, credentials: Credentials) -> int:
    """Return the id of whom the password belongs to; reads only, takes the same time for all.

    Raises:
        Refused: with one sentence for unknown, wrong, inactive, and a demo log-in without demo.
    """
    user = session.scalar(sa.select(User).where(User.email == credentials.email.lower()))
    right = matches(user.password_hash if user else "", credentials.password)
    if user is None or not right or not user.active or (user.demo and not settings().demo):
        raise Refused(WRONG)
    return user.id


def start_session(
    session: Session, user_id: int, credentials: Credentials, *, now: datetime
) -> User:
    """Start a log-in; the returned user carries the token for the cookie."""
    session.execute(sa.delete(LoginAttempt).where(LoginAttempt.key == _keys(credentials)[0][0]))
    session.execute(sa.delete(StaffSession).where(StaffSession.ends_at < now))
    token = new_token()
    session.add(
        StaffSession(
            digest=digest(token), user_id=user_id, started_at=now, ends_at=now + SESSION_LENGTH
        )
    )
    user = session.get_one(User, user_id)
    user.session_token = token
    return user


def user_of_session(session: Session, token: str, *, now: datetime) -> User | None:
    """Return whose log-in this is, if it is still in force; reads the stamp on the way."""
    found = session.execute(
        sa.select(User, snapshot.number())
        .join(StaffSession, StaffSession.user_id == User.id)
        .where(StaffSession.digest == digest(token), StaffSession.ends_at > now, User.active)
    ).one_or_none()
    if found is None:
        return None
    user, stamp = found
    if user.demo and not settings().demo:
        return None
    snapshot.remember(session, stamp)
    user.session_token = token
    return user


def end_session(session: Session, token: str) -> None:
    """End a log-in; a copied cookie is dead from now on."""
    session.execute(sa.delete(StaffSession).where(StaffSession.digest == digest(token)))


def set_password(session: Session, user: User, password: str, *, demo: bool = False) -> None:
    """Give somebody a password; all her log-ins end.

    Raises:
        Refused: when the password is too short or too long.
    """
    user.password_hash = hashed(password)
    user.demo = demo
    session.execute(sa.delete(StaffSession).where(StaffSession.user_id == user.id))


@dataclass(frozen=True)
class Away:
    """An absence as somebody enters it."""

    person_id: int
    deputy_id: int | None
    first_day: date
    last_day: date


def may_enter_for(user: User, person_id: int) -> bool:
    """Tell whether somebody may enter this person's absences: her own, or as a coordinator all."""
    return user.id == person_id or user.has_role(Role.COORDINATOR)


def enter_absence(session: Session, away: Away, *, by: User) -> Absence:
    """Enter an absence.

    Raises:
        Refused: when it ends before it begins, overlaps another one, or names a deputy who
            cannot stand in.
    """
    people = directory(session).people
    person = people.get(away.person_id)
    if person is None or not person.active or not may_enter_for(by, away.person_id):
        sentence = "Für diese Person können Sie keine Abwesenheit eintragen."
        raise Refused(sentence, field="person")
    if away.last_day < away.first_day:
        sentence = "Der letzte Tag liegt vor dem ersten."
        raise Refused(sentence, field="last_day")
    deputy = people.get(away.deputy_id) if away.deputy_id else None
    if away.deputy_id and (deputy is None or not deputy.active or deputy.id == person.id):
        sentence = "Diese Vertretung ist nicht möglich."
        raise Refused(sentence, field="deputy")
    if deputy and deputy.carrier_id != person.carrier_id:
        sentence = "Die Vertretung gehört zum selben Träger."
        raise Refused(sentence, field="deputy")
    overlapping = sa.select(Absence.id).where(
        Absence.user_id == person.id,
        Absence.first_day <= away.last_day,
        Absence.last_day >= away.first_day,
    )
    if session.scalar(overlapping.limit(1)) is not None:
        sentence = "In diesem Zeitraum ist schon eine Abwesenheit eingetragen."
        raise Refused(sentence, field="first_day")
    absence = Absence(
        user_id=person.id,
        deputy_id=away.deputy_id,
        first_day=away.first_day,
        last_day=away.last_day,
    )
    session.add(absence)
    changed(session)
    return absence


def remove_absence(session: Session, absence: Absence, *, by: User) -> None:
    """Take an absence back.

    Raises:
        Refused: when it is somebody else's and the user is no coordinator.
    """
    if not may_enter_for(by, absence.user_id):
        sentence = "Diese Abwesenheit können Sie nicht löschen."
        raise Refused(sentence, status=403)
    session.delete(absence)
    changed(session)
