"""Who acts: a member of staff, or a machine that has a token."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from inquiries.accounts.models import Role


class Actor(t.Protocol):
    """What services and the history need to know of whoever does something; `User` is one."""

    @property
    def id(self) -> int | None:
        """The person's number; a machine has none."""

    @property
    def name(self) -> str:
        """What the history calls the actor."""

    @property
    def carrier_id(self) -> int | None:
        """The carrier that the person works for; a machine works for the whole centre."""

    def has_role(self, role: Role) -> bool:
        """Tell whether the actor's role is this one or includes it."""


@dataclass(frozen=True)
class Machine:
    """Another system that acts for the whole centre; what it may do, its token's scopes say."""

    name: str
    id: None = None
    carrier_id: None = None

    def has_role(self, role: Role) -> bool:
        """Say yes: a machine is bound by scopes, not by roles."""
        return True
