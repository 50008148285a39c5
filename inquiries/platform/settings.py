"""The settings that services need, fixed at start; `config.py` reads them from the environment."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

if t.TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Settings:
    """What a service may know of its surroundings."""

    base_url: str
    smtp_url: str
    mail_from: str
    demo: bool
    zone: ZoneInfo
    instance: Path
    storage: Path


_current: list[Settings] = []


def configure(values: Mapping[str, t.Any]) -> None:
    """Take over the settings of this process; called once by `create_app`."""
    _current[:] = [
        Settings(
            base_url=values["BASE_URL"],
            smtp_url=values["SMTP_URL"],
            mail_from=values["MAIL_FROM"],
            demo=values["DEMO"],
            zone=values["TIMEZONE"],
            instance=Path(values["INSTANCE_PATH"]),
            storage=Path(unquote(urlsplit(values["STORAGE_URL"]).path)),
        )
    ]


def settings() -> Settings:
    """Return the settings in force.

    Raises:
        RuntimeError: before `configure`.
    """
    if not _current:
        message = "settings are read before create_app() configured them"
        raise RuntimeError(message)
    return _current[0]
