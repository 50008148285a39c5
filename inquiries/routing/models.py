"""The routing table."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from inquiries.platform.db import Base


class RoutingRule(Base):
    """A row of the table: the first one that fits decides. An empty cell fits everything."""

    __tablename__ = "routing_rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(unique=True)
    topic_key: Mapped[str] = mapped_column(default="")
    kind_key: Mapped[str] = mapped_column(default="")
    requester_group_key: Mapped[str] = mapped_column(default="")
    municipality_ags: Mapped[str] = mapped_column(default="")
    carrier_id: Mapped[int] = mapped_column(sa.ForeignKey("carrier.id"))
    people: Mapped[list[str]] = mapped_column(
        default=list, doc="Keys of the people in the pool; empty: the carrier's queue."
    )
