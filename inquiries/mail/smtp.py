"""The wire: one SMTP connection, verified, with time-outs; says what became of a mail."""

from __future__ import annotations

import smtplib
import ssl
import typing as t
from dataclasses import dataclass
from enum import Enum
from urllib.parse import unquote, urlsplit

if t.TYPE_CHECKING:
    from collections.abc import Callable

TIMEOUT = 30.0
"""Seconds for each step of the conversation."""

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Outcome(Enum):
    """What the mail server made of a mail."""

    SENT = "sent"
    LATER = "later"
    NEVER = "never"
    NOBODY_KNOWS = "nobody knows"


@dataclass(frozen=True)
class Handover:
    """Outcome of handing over one mail, with a German reason unless it was sent."""

    outcome: Outcome
    reason: str = ""
    connection_lost: bool = False


class NoMailServer(Exception):
    """The mail server cannot be used now; the German message says why."""


def connect(url: str) -> smtplib.SMTP:
    """Open a connection and log in where the address names a user.

    `smtps://` is encrypted from the start, `smtp://` as soon as the server offers it; the
    certificate is verified either way. A password is never sent in clear over a network.

    Raises:
        NoMailServer: when there is no connection, no trust, or no log-in.
    """
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    try:
        if parts.scheme == "smtps":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                host, parts.port or 465, timeout=TIMEOUT, context=ssl.create_default_context()
            )
        else:
            smtp = smtplib.SMTP(host, parts.port or (587 if user else 25), timeout=TIMEOUT)
    except (OSError, smtplib.SMTPException) as error:
        message = f"Der Mailserver {host} ist nicht erreichbar ({_short(error)})."
        raise NoMailServer(message) from error
    try:
        _greet(smtp, host, user, password, secure=parts.scheme == "smtps")
    except BaseException:
        smtp.close()
        raise
    return smtp


def _greet(smtp: smtplib.SMTP, host: str, user: str, password: str, *, secure: bool) -> None:
    try:
        smtp.ehlo_or_helo_if_needed()
        if not secure and smtp.has_extn("starttls"):
            smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo()
            secure = True
        if user and not secure and host not in LOOPBACK:
            message = (
                f"Der Mailserver {host} bietet keine Verschlüsselung an; das Kennwort bleibt hier."
            )
            raise NoMailServer(message)
        if user:
            smtp.login(user, password)
    except smtplib.SMTPAuthenticationError as error:
        message = f"Der Mailserver {host} lehnt die Anmeldung ab ({error.smtp_code})."
        raise NoMailServer(message) from error
    except (OSError, smtplib.SMTPException) as error:
        message = f"Mit dem Mailserver {host} kommt kein Gespräch zustande ({_short(error)})."
        raise NoMailServer(message) from error


def hand_over(
    smtp: smtplib.SMTP, sender: str, recipient: str, raw: bytes, *, commit: Callable[[], bool]
) -> Handover:
    """Give one mail to the server.

    Args:
        smtp: an open connection.
        sender: address that bounces go to.
        recipient: the one recipient.
        raw: the mail.
        commit: called when the server knows sender and recipient and only the text is missing;
            says whether it may still be sent. After it a crash leaves the outcome open.
    """
    text_begun = False
    try:
        for code, answer in _envelope(smtp, sender, recipient):
            if code not in (250, 251):
                return _refused(smtp, code, answer)
        if not commit():
            smtp.rset()
            return Handover(Outcome.LATER, "Ein anderer Prozess hat diese E-Mail übernommen.")
        text_begun = True
        code, answer = smtp.data(raw)
        return Handover(Outcome.SENT) if code == 250 else _refused(smtp, code, answer)
    except smtplib.SMTPDataError as error:  # refused before the text: nothing was handed over
        return _refused(smtp, error.smtp_code, error.smtp_error)
    except (OSError, smtplib.SMTPException) as error:
        outcome = Outcome.NOBODY_KNOWS if text_begun else Outcome.LATER
        reason = f"Die Verbindung zum Mailserver brach ab ({_short(error)})."
        return Handover(outcome, reason, connection_lost=True)


def _envelope(
    smtp: smtplib.SMTP, sender: str, recipient: str
) -> t.Iterator[tuple[int, bytes | str]]:
    yield smtp.mail(sender)
    yield smtp.rcpt(recipient)


def _refused(smtp: smtplib.SMTP, code: int, answer: bytes | str) -> Handover:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    shown = " ".join(text.split())[:200]
    reason = f"Der Mailserver antwortet: {code} {shown}"
    if code == 421:  # the server closes the connection, RFC 5321, 3.8
        return Handover(Outcome.LATER, reason, connection_lost=True)
    try:
        smtp.rset()
        lost = False
    except (OSError, smtplib.SMTPException):
        lost = True
    later = 400 <= code < 500
    return Handover(Outcome.LATER if later else Outcome.NEVER, reason, connection_lost=lost)


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__
