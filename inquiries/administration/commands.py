"""Commands of this stage."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from flask import Flask


def install(app: Flask) -> None:
    """Add the commands to the application's command line."""
