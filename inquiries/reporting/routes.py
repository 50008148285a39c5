"""The page of figures, and each table as CSV."""

from __future__ import annotations

import typing as t

from flask import Blueprint, Response, abort, render_template, request
from flask_login import current_user

from inquiries.accounts.models import Role
from inquiries.platform import clock
from inquiries.platform.web import db
from inquiries.platform.web.doors import door
from inquiries.reporting.figures import report
from inquiries.reporting.tables import as_csv

if t.TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from inquiries.reporting.figures import Report

bp = Blueprint("reporting", __name__)


def _asked() -> Report:
    year = request.args.get("jahr", type=int)
    return report(db.session, current_user, year=year, now=clock.now())


@bp.get("/auswertung")
@door(Role.COORDINATOR)
def figures() -> ResponseReturnValue:
    """Show all figures of a year, or of all years."""
    return render_template("reporting/figures.html", report=_asked(), now=clock.now())


@bp.get("/auswertung/<key>.csv")
@door(Role.COORDINATOR)
def table(key: str) -> ResponseReturnValue:
    """Send one table as CSV."""
    found = _asked()
    figure = found.figure(key)
    if figure is None:
        abort(404)
    name = f"anfragen-{figure.key}{f'-{found.year}' if found.year else ''}.csv"
    return Response(
        as_csv(figure),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
