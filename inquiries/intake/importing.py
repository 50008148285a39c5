"""Inquiries from a file: one JSON object a line, through the same door as all others."""

from __future__ import annotations

import json
import typing as t
from datetime import datetime, timedelta

from inquiries.accounts import municipalities
from inquiries.casefile.models import Channel
from inquiries.intake.checks import email_fault
from inquiries.intake.service import Receipt, Submission, receive
from inquiries.platform import Refused
from inquiries.platform.settings import settings
from inquiries.platform.web.forms import LINE_MAX, clean_line, clean_text
from inquiries.platform.workdays import local_day

if t.TYPE_CHECKING:
    from sqlalchemy.orm import Session

FRESH = timedelta(days=1)
"""What is older came in long ago: nobody is told about it by mail."""

CLOCKS_DIFFER = timedelta(minutes=5)

CHANNELS = (Channel.API, Channel.FORM, Channel.MAIL, Channel.PHONE)
"""How a requester may have come; what comes from staff is no question to them."""


def take_line(session: Session, raw: bytes, *, now: datetime) -> Receipt:
    """Take in the inquiry of one line.

    What the line says of topic, kind or urgency does not count: that is decided here. Requesters
    get no confirmation, as they have not asked this program.

    Raises:
        Refused: with the reason why this line cannot be taken in.
    """
    values = _values(raw)
    subject = _text(values, "subject", needed=True)
    body = clean_text(_raw_text(values, "body", needed=True))
    email = _text(values, "from_email")
    if email and (sentence := email_fault(email)):
        raise Refused(f"from_email: {sentence}")
    received_at = _moment(values, now)
    at = received_at or now
    typed = _text(values, "municipality")
    place = None
    if typed:
        place = municipalities.find(session, typed, local_day(at, settings().zone))
    external_id = _text(values, "external_id")
    submission = Submission(
        subject=subject,
        body=body,
        channel=_channel(values),
        requester_name=_text(values, "from_name") or email or "ohne Namen",
        requester_email=email,
        organisation=_text(values, "organisation"),
        municipality_id=place.id if place else None,
        municipality_name=place.short_name if place else typed,
        intake_key=f"import:{external_id}" if external_id else None,
        received_at=received_at,
        confirm=False,
        notify=now - at < FRESH,
    )
    return receive(session, submission, by=None, now=now)


def _values(raw: bytes) -> dict[str, t.Any]:
    try:
        values = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise Refused("Die Zeile ist nicht in UTF-8 geschrieben.") from None
    except json.JSONDecodeError as error:
        raise Refused(f"Die Zeile ist kein JSON (Zeichen {error.colno}).") from None
    except (ValueError, RecursionError):
        raise Refused("Die Zeile ist kein JSON, das sich lesen lässt.") from None
    if not isinstance(values, dict):
        raise Refused("Die Zeile ist kein JSON-Objekt.")
    return values


def _raw_text(values: dict[str, t.Any], name: str, *, needed: bool = False) -> str:
    value = values.get(name)
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise Refused(f"{name}: Hier gehört Text hin.")
    if "\x00" in value:
        raise Refused(f"{name}: Der Text enthält NUL-Zeichen.")
    if needed and not clean_line(value):
        raise Refused(f"{name} fehlt.")
    return value


def _text(values: dict[str, t.Any], name: str, *, needed: bool = False) -> str:
    line = clean_line(_raw_text(values, name, needed=needed))
    if len(line) > LINE_MAX:
        raise Refused(f"{name}: Der Text ist zu lang; erlaubt sind {LINE_MAX} Zeichen.")
    return line


def _channel(values: dict[str, t.Any]) -> Channel:
    named = _text(values, "channel") or Channel.API
    if named not in CHANNELS:
        known = ", ".join(CHANNELS)
        raise Refused(f"channel: „{named}“ gibt es nicht, möglich sind {known}.")
    return Channel(named)


def _moment(values: dict[str, t.Any], now: datetime) -> datetime | None:
    """Return when the inquiry came in; without an offset it is local time."""
    written = _text(values, "received_at")
    if not written:
        return None
    try:
        moment = datetime.fromisoformat(written)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=settings().zone)
        in_future = moment > now + CLOCKS_DIFFER
    except (ValueError, OverflowError):
        raise Refused(f"received_at: „{written}“ ist kein Zeitpunkt nach ISO 8601.") from None
    if in_future or moment.year < 1990:
        raise Refused(f"received_at: „{written}“ kann nicht stimmen.")
    return moment
