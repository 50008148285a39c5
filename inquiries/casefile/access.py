"""Who may see which inquiry: one query that list, detail, search, files, export and API start from.

Advisors see the inquiries of their own carrier and what is assigned to them; coordinators and
administrators see all, since they answer for both carriers. What somebody may not see does not
exist for her: callers answer 404.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from inquiries.accounts.models import Role
from inquiries.casefile.models import Inquiry

if t.TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from sqlalchemy.sql.base import ExecutableOption

    from inquiries.accounts.actors import Actor


def sees_everything(user: Actor) -> bool:
    """Tell whether the person sees the inquiries of all carriers."""
    return user.has_role(Role.COORDINATOR)


def visible_clause(user: Actor) -> sa.ColumnElement[bool]:
    """Return the condition on `Inquiry` that `visible_to` applies, for aggregates and joins."""
    if sees_everything(user):
        return sa.true()
    return sa.or_(Inquiry.carrier_id == user.carrier_id, Inquiry.assignee_id == user.id)


def visible_to(user: Actor) -> sa.Select[Inquiry]:
    """Return the inquiries that this person may see."""
    return sa.select(Inquiry).where(visible_clause(user))


def find_visible(
    session: Session, user: Actor, reference: str, *options: ExecutableOption
) -> Inquiry | None:
    """Return the inquiry with this reference, or None where it does not exist for the person."""
    chosen = visible_to(user).where(Inquiry.reference == reference).options(*options)
    return session.scalar(chosen)
