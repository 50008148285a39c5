"""All settings, read from the environment: one row each, with default and meaning.

Everything is optional. A wrong value stops the start with one line that names the variable.
`docs/operators/settings.md` documents every row; a test holds the two together.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import typing as t
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HOME = Path(__file__).resolve().parent
FALSE_WORDS = {"", "0", "no", "false", "off"}
TRUE_WORDS = {"1", "yes", "true", "on"}


class WrongSetting(SystemExit):
    """A setting has a value that the product cannot use; the message names it."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")


def _flag(value: str) -> bool:
    if value.lower() in TRUE_WORDS:
        return True
    if value.lower() in FALSE_WORDS:
        return False
    message = f"„{value}“ is neither 1 nor 0"
    raise ValueError(message)


def _port(value: str) -> int:
    if not value.isdigit() or not 0 < int(value) < 65536:
        message = f"„{value}“ is not a port number between 1 and 65535"
        raise ValueError(message)
    return int(value)


def _count(value: str) -> int:
    if not value.isdigit() or not 0 < int(value) <= 64:
        message = f"„{value}“ is not a number between 1 and 64"
        raise ValueError(message)
    return int(value)


def _proxies(value: str) -> int:
    if value not in {"0", "1", "2", "3"}:
        message = f"„{value}“ is not a number between 0 and 3"
        raise ValueError(message)
    return int(value)


def _url(*schemes: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in schemes or not (parts.netloc or parts.path)):
            message = "must begin with one of " + ", ".join(f"{scheme}://" for scheme in schemes)
            raise ValueError(message)
        return value.rstrip("/") if schemes == ("http", "https") else value

    return read


def _database(value: str) -> str:
    if value and not value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        message = "must begin with sqlite:/// or postgresql://"
        raise ValueError(message)
    return value


def _zone(value: str) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        message = f"„{value}“ is not a time zone such as Europe/Berlin"
        raise ValueError(message) from None


def _one_of(*words: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in words:
            message = f"„{value}“ is not one of " + ", ".join(words)
            raise ValueError(message)
        return value

    return read


def _address(value: str) -> str:
    if value and ("@" not in value or any(sign in value for sign in "\r\n")):
        message = f"„{value}“ is not a mail address"
        raise ValueError(message)
    return value


@dataclass(frozen=True)
class Setting:
    """One environment variable: its name, default, meaning, and how its text is read."""

    name: str
    default: str
    sentence: str
    read: Callable[[str], object] = str


SETTINGS = (
    Setting("INSTANCE_PATH", str(HOME / "instance"), "Folder of data, files and the secret key."),
    Setting("DATABASE_URL", "", "Database; empty: SQLite in the instance folder.", _database),
    Setting("SECRET_KEY", "", "Signs cookies; empty: made once and kept in the instance folder."),
    Setting("BASE_URL", "", "Address that links in mails begin with.", _url("http", "https")),
    Setting("PORT", "5000", "Port on 127.0.0.1 that `serve` listens on.", _port),
    Setting("WEB_WORKERS", "2", "Number of web processes that `serve` starts.", _count),
    Setting("SMTP_URL", "", "Mail server; empty: mail stays in the list.", _url("smtp", "smtps")),
    Setting("MAIL_FROM", "", "Sender of all mail; empty: the centre's address.", _address),
    Setting("IMAP_URL", "", "Mailbox to fetch from.", _url("imap", "imaps")),
    Setting("STORAGE_URL", "", "Folder of attachments; empty: instance/files.", _url("file")),
    Setting("TIMEZONE", "Europe/Berlin", "Time zone of all times shown and planned.", _zone),
    Setting("LOG_FORMAT", "console", "Log lines: console or json.", _one_of("console", "json")),
    Setting("PROXIES", "0", "Number of reverse proxies in front whose headers count.", _proxies),
    Setting("DEMO", "0", "1: demo log-ins exist, no mail leaves the machine.", _flag),
)


def load(environ: Mapping[str, str] = os.environ) -> dict[str, t.Any]:
    """Read all settings.

    Raises:
        WrongSetting: with one line that names the variable and says what is wrong.
    """
    values: dict[str, t.Any] = {}
    for setting in SETTINGS:
        text = environ.get(setting.name) or setting.default
        try:
            values[setting.name] = setting.read(text)
        except ValueError as error:
            raise WrongSetting(setting.name, str(error)) from None
    instance = Path(values["INSTANCE_PATH"]).absolute()
    try:
        instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise WrongSetting("INSTANCE_PATH", f"cannot be made: {error.strerror}") from None
    values["INSTANCE_PATH"] = str(instance)
    values["DATABASE_URL"] = values["DATABASE_URL"] or f"sqlite:///{instance / 'anlaufstelle.db'}"
    values["STORAGE_URL"] = values["STORAGE_URL"] or (instance / "files").as_uri()
    values["BASE_URL"] = values["BASE_URL"] or f"http://127.0.0.1:{values['PORT']}"
    values["SECRET_KEY"] = values["SECRET_KEY"] or _kept_secret(instance / "secret_key")
    return values


def _kept_secret(path: Path) -> str:
    """Make the secret key once; several processes may start at the same moment.

    It is written aside and linked into place, so that nobody ever reads half a key.
    """
    if not path.exists():
        # Not by the process's number: every container has its own first process.
        draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text()
