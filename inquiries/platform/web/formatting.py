"""How dates and numbers look, in the centre's time zone and in the language of the page.

German: 23.11.2026, 14:30 Uhr and 1.234,5. English: 23 Nov 2026, 14:30 and 1,234.5.
"""

from __future__ import annotations

import typing as t
from datetime import date, datetime

from inquiries.platform.settings import settings
from inquiries.platform.web.language import DEFAULT, language

if t.TYPE_CHECKING:
    from flask import Flask


WEEKDAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
MONTHS = (
    *("Januar", "Februar", "März", "April", "Mai", "Juni"),
    *("Juli", "August", "September", "Oktober", "November", "Dezember"),
)
ENGLISH_WEEKDAYS = (
    *("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
    *("Saturday", "Sunday"),
)
ENGLISH_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def short_date(value: datetime | date | None, with_time: bool = False) -> str:  # noqa: FBT001, FBT002 - a filter's argument
    """Return 23.11.2026 or 23.11.2026, 14:30; a moment counts on the day it falls on here."""
    if value is None:
        return ""
    clock = ""
    if isinstance(value, datetime):
        value = value.astimezone(settings().zone)
        clock = f", {value.hour:02d}:{value.minute:02d}" if with_time else ""
    if language() == DEFAULT:
        return f"{value.day:02d}.{value.month:02d}.{value.year}{clock}"
    return f"{value.day} {ENGLISH_MONTHS[value.month - 1][:3]} {value.year}{clock}"


def long_date(value: datetime | date | None, with_time: bool = False) -> str:  # noqa: FBT001, FBT002 - a filter's argument
    """Return Montag, 23. November 2026, or with the time behind: 14:30 Uhr."""
    if value is None:
        return ""
    clock = ""
    if isinstance(value, datetime):
        value = value.astimezone(settings().zone)
        clock = f", {value.hour:02d}:{value.minute:02d}" if with_time else ""
    if language() == DEFAULT:
        day = f"{value.day}. {MONTHS[value.month - 1]} {value.year}"
        return f"{WEEKDAYS[value.weekday()]}, {day}{clock}{' Uhr' if clock else ''}"
    day = f"{value.day} {ENGLISH_MONTHS[value.month - 1]} {value.year}"
    return f"{ENGLISH_WEEKDAYS[value.weekday()]}, {day}{clock}"


def moment(value: datetime | None) -> str:
    """Return 23.11.2026, 14:30 Uhr."""
    if value is None:
        return ""
    return short_date(value, True) + (" Uhr" if language() == DEFAULT else "")


def as_iso(value: datetime | date | None) -> str:
    """Return a moment or day for the datetime attribute of <time>."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(settings().zone).isoformat(timespec="minutes")
    return value.isoformat()


def as_size(octets: int) -> str:
    """Return a file size as a person says it: 340 kB, 1,2 MB."""
    if octets < 1000:
        return f"{octets} Byte"
    if octets < 1_000_000:
        return f"{round(octets / 1000)} kB"
    size = f"{octets / 1_000_000:.1f} MB"
    return size.replace(".", ",") if language() == DEFAULT else size


def as_number(value: int) -> str:
    """Return a whole number with its thousands set apart: 12.345."""
    number = f"{value:,}"
    return number.replace(",", ".") if language() == DEFAULT else number


def as_percent(value: float | None) -> str:
    """Return a share between 0 and 1 as whole per cent."""
    if value is None:
        return ""
    return f"{round(value * 100)}{' ' if language() == DEFAULT else ''}%"


def install(app: Flask) -> None:
    """Offer the formats to templates."""
    app.jinja_env.filters.update(
        moment=moment,
        short_date=short_date,
        long_date=long_date,
        isodate=as_iso,
        filesize=as_size,
        number=as_number,
        percent=as_percent,
    )
