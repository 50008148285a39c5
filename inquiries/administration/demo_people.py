"""People for demonstrations: invented colleagues, and one password that works only with DEMO."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from inquiries.accounts.models import Carrier, Centre, Role, User
from inquiries.accounts.passwords import DEMO_PASSWORD
from inquiries.accounts.service import set_password
from inquiries.administration.catalogue import DEMO_PREFIX
from inquiries.platform import snapshot

if t.TYPE_CHECKING:
    from sqlalchemy.orm import Session

INVENTED = (
    (Role.COORDINATOR, "koordination", "Svenja Dorndorf", "svenja.dorndorf@example.org"),
    (Role.ADMINISTRATOR, "administration", "Judith Amrein", "judith.amrein@example.org"),
)


def ensure_people(session: Session, *, with_passwords: bool) -> User:
    """Make the invented colleagues if they are missing; returns the coordinator.

    Args:
        session: inside a transaction.
        with_passwords: also give everybody who has no password of her own the demo password,
            which the log-in accepts only while DEMO is set.
    """
    centre = session.scalars(sa.select(Centre)).one()
    carriers = list(session.scalars(sa.select(Carrier.id).order_by(Carrier.id)))
    partner = next((one for one in carriers if one != centre.fallback_carrier_id), carriers[0])
    people = {user.key: user for user in session.scalars(sa.select(User))}
    missing = [one for one in INVENTED if DEMO_PREFIX + one[1] not in people]
    for role, key, name, email in missing:
        carrier = partner if role == Role.COORDINATOR else centre.fallback_carrier_id
        user = User(
            key=DEMO_PREFIX + key, name=name, email=email, role=role, carrier_id=carrier, demo=True
        )
        session.add(user)
        people[user.key] = user
    session.flush()
    if missing:
        snapshot.changed(session)
    for user in people.values():
        if with_passwords and user.active and not user.password_hash:
            set_password(session, user, DEMO_PASSWORD, demo=True)
    return people[DEMO_PREFIX + INVENTED[0][1]]


def logins(session: Session) -> list[str]:
    """Return a line for each demo log-in, advisors first."""
    found = session.scalars(sa.select(User).where(User.demo, User.active, User.password_hash != ""))
    order = list(Role)
    users = sorted(found, key=lambda user: (order.index(Role(user.role)), user.id))
    return [f"Demo log-in: {user.email} / {DEMO_PASSWORD} ({user.role})" for user in users]
