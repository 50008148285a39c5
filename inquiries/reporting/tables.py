"""Figures as CSV files that spreadsheets of a German office open with a double click."""

from __future__ import annotations

import csv
import io
import typing as t

if t.TYPE_CHECKING:
    from inquiries.reporting.figures import Figure

BYTE_ORDER_MARK = "\ufeff"
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(figure: Figure) -> str:
    """Return a figure as text: semicolons, decimal commas, a byte order mark so that ü stays ü."""
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    with_shares = any(row.share is not None for row in figure.rows)
    writer.writerow([figure.what, "Anzahl", *(["Anteil in %"] if with_shares else [])])
    for row in figure.rows:
        share = "" if row.share is None else f"{row.share * 100:.1f}".replace(".", ",")
        writer.writerow([plain(row.label), row.number, *([share] if with_shares else [])])
    return BYTE_ORDER_MARK + file.getvalue()


def plain(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text
