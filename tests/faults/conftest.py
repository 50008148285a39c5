"""Faults need a mail server that counts."""

from __future__ import annotations

from tests.mail.sink import listen, sink

__all__ = ["listen", "sink"]
