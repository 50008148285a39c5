"""People, their organisations, and when they are away."""

from __future__ import annotations

import typing as t
from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inquiries.platform.db import Base


class Role(StrEnum):
    """What a member of staff may do; each role includes the ones before it."""

    ADVISOR = "advisor"
    COORDINATOR = "coordinator"
    ADMINISTRATOR = "administrator"


ROLE_NAMES = {
    Role.ADVISOR: "Beratung",
    Role.COORDINATOR: "Koordination",
    Role.ADMINISTRATOR: "Administration",
}


class Centre(Base):
    """The advisory centre itself: one row, filled by the catalogue."""

    __tablename__ = "centre"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    short_name: Mapped[str] = mapped_column(doc="Prefix of references, such as ZSZ.")
    phone: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    answer_days: Mapped[int] = mapped_column(default=5, doc="Target in working days.")
    texts: Mapped[dict[str, t.Any]] = mapped_column(default=dict, doc="Text by key, plain text.")
    fallback_carrier_id: Mapped[int] = mapped_column(sa.ForeignKey("carrier.id"))
    catalogue_fingerprint: Mapped[str] = mapped_column(default="")

    fallback_carrier: Mapped[Carrier] = relationship(lazy="raise")


class Carrier(Base):
    """An organisation that runs the centre (Träger); each has a queue of its own."""

    __tablename__ = "carrier"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    short_name: Mapped[str]
    email: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")


class User(Base):
    """A member of staff. Has Flask-Login's four attributes written out: no Flask in models."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True, doc="Stable over changes of name and address.")
    email: Mapped[str] = mapped_column(unique=True, doc="Lower case; also the log-in name.")
    name: Mapped[str]
    title: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    role: Mapped[str] = mapped_column(default=Role.ADVISOR)
    carrier_id: Mapped[int] = mapped_column(sa.ForeignKey("carrier.id"), index=True)
    active: Mapped[bool] = mapped_column(default=True)
    password_hash: Mapped[str] = mapped_column(default="", doc="Argon2id; empty: cannot log in.")
    demo: Mapped[bool] = mapped_column(default=False, doc="Password is the demo's, only with DEMO.")

    carrier: Mapped[Carrier] = relationship(lazy="raise")
    former_names: Mapped[list[FormerName]] = relationship(
        lazy="raise", cascade="all, delete-orphan", back_populates="user"
    )
    session_token: str = ""

    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        """Tell Flask-Login whether this person may be logged in."""
        return self.active

    def get_id(self) -> str:
        """Return the token of the running session, not the person's number."""
        return self.session_token

    def has_role(self, role: Role) -> bool:
        """Tell whether the person's role is this one or includes it."""
        order = list(Role)
        return order.index(Role(self.role)) >= order.index(role)


class FormerName(Base):
    """A name or address that a colleague had before; for recognising her, never shown publicly."""

    __tablename__ = "former_name"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), index=True)
    name: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")

    user: Mapped[User] = relationship(lazy="raise", back_populates="former_names")


class StaffSession(Base):
    """A log-in that is in force; deleting the row ends it at once."""

    __tablename__ = "staff_session"

    digest: Mapped[str] = mapped_column(primary_key=True, doc="SHA-256 of the cookie's token.")
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), index=True)
    started_at: Mapped[datetime]
    ends_at: Mapped[datetime]

    user: Mapped[User] = relationship(lazy="raise")


class LoginAttempt(Base):
    """A try to log in of the last minutes, by account or by network address."""

    __tablename__ = "login_attempt"
    __table_args__ = (sa.Index("ix_login_attempt_key_at", "key", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(doc="Digest: neither the name nor the address is kept.")
    at: Mapped[datetime]


class Absence(Base):
    """First and last day of being away, and who stands in."""

    __tablename__ = "absence"
    __table_args__ = (sa.CheckConstraint("last_day >= first_day", name="in_order"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), index=True)
    deputy_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"), index=True)
    first_day: Mapped[date]
    last_day: Mapped[date] = mapped_column(index=True)
    from_catalogue: Mapped[bool] = mapped_column(default=False)

    user: Mapped[User] = relationship(lazy="raise", foreign_keys=[user_id])
    deputy: Mapped[User | None] = relationship(lazy="raise", foreign_keys=[deputy_id])


class ClosingDay(Base):
    """A day on which the centre is closed beyond weekends and public holidays."""

    __tablename__ = "closing_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str]


class Municipality(Base):
    """A municipality as the official register has it, with the dates its key was valid.

    Keys change (Hanau on 2026-01-01): old inquiries keep the old row.
    """

    __tablename__ = "municipality"

    id: Mapped[int] = mapped_column(primary_key=True)
    ags: Mapped[str] = mapped_column(sa.String(8), index=True, doc="Amtlicher Gemeindeschlüssel.")
    name: Mapped[str] = mapped_column(doc="Official, with suffix: „Gießen, Universitätsstadt“.")
    short_name: Mapped[str] = mapped_column(index=True)
    district: Mapped[str] = mapped_column(default="")
    postcode: Mapped[str] = mapped_column(default="")
    search_name: Mapped[str] = mapped_column(doc="Normalised names, for comparing typed text.")
    valid_from: Mapped[date | None] = mapped_column(doc="None: since before the register begins.")
    valid_until: Mapped[date | None] = mapped_column(doc="Last day; None: valid today.")

    __table_args__ = (sa.UniqueConstraint("ags", "valid_from"),)
