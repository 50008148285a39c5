"""Pages of the advisor's desk."""

from __future__ import annotations

from inquiries.casework.routes import actions, inquiry, queue
from inquiries.casework.routes.blueprint import bp

__all__ = ["actions", "bp", "inquiry", "queue"]
