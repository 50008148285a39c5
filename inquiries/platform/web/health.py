"""What machines ask about the running product: alive, ready, and its figures.

The stages above know what is worth checking and counting; they hand it in with `add_check` and
`add_gauge`. So this module knows no inquiry and no job.
"""

from __future__ import annotations

import ipaddress
import logging
import typing as t
from dataclasses import dataclass

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from flask import Blueprint, Response, abort, jsonify, request
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from inquiries.platform import clock
from inquiries.platform.web import alembic, db
from inquiries.platform.web.doors import open_to_all

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from flask import Flask
    from prometheus_client.metrics_core import Metric
    from sqlalchemy.orm import Session

bp = Blueprint("health", __name__)

Check = t.Callable[["Session", "datetime"], str]
"""Returns what is wrong, as an English sentence for operators; empty: all is well."""

Samples = t.Callable[["Session", "datetime"], "Mapping[str, float]"]
"""Returns values by the value of the gauge's label; one without a label uses the key ""."""

FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


@dataclass(frozen=True)
class Gauge:
    """A figure for Prometheus, counted when it is asked for."""

    meaning: str
    label: str
    samples: Samples


_checks: dict[str, Check] = {}
_gauges: dict[str, Gauge] = {}


def add_check(name: str, check: Check) -> None:
    """Let `/readyz` ask this, too; a name that is taken already is replaced."""
    _checks[name] = check


def add_gauge(name: str, meaning: str, samples: Samples, *, label: str = "") -> None:
    """Let `/metrics` show this, too; a name that is taken already is replaced."""
    _gauges[name] = Gauge(meaning, label, samples)


def install(app: Flask) -> None:
    """Answer under /healthz, /readyz and /metrics."""
    add_check("database", _database)
    add_check("schema", _schema)
    app.register_blueprint(bp)


def _database(session: Session, _now: datetime) -> str:
    session.execute(sa.text("SELECT 1"))
    return ""


def _schema(session: Session, _now: datetime) -> str:
    logging.getLogger("alembic").setLevel(logging.WARNING)
    found = set(MigrationContext.configure(session.connection()).get_current_heads())
    wanted = set(alembic.script_directory.get_heads())
    if found == wanted:
        return ""
    stands = ", ".join(sorted(found)) or "empty"
    return f"The schema is {stands}, the code needs {', '.join(sorted(wanted))}: run `db upgrade`."


def _asked(check: Check, session: Session, now: datetime) -> str:
    try:
        return check(session, now)
    except SQLAlchemyError as error:
        session.rollback()
        return f"The database does not answer ({type(error).__name__})."


def problems(session: Session, now: datetime) -> dict[str, str]:
    """Return what keeps the product from working, by the name of the check."""
    asked = {name: _asked(check, session, now) for name, check in _checks.items()}
    return {name: sentence for name, sentence in asked.items() if sentence}


@bp.get("/healthz")
@open_to_all
def alive() -> Response:
    """Say that the process lives; asks nobody else."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
@open_to_all
def ready() -> tuple[Response, int]:
    """Say whether requests can be served and work gets done; 503 with the reasons if not."""
    wrong = problems(db.session, clock.now())
    return jsonify(ready=not wrong, reasons=wrong), 503 if wrong else 200


@bp.get("/metrics")
@open_to_all
def metrics() -> Response:
    """Show the figures to a Prometheus on this machine; to everybody else they do not exist."""
    if not _asked_from_this_machine():
        abort(404)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(db.session, clock.now()))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _asked_from_this_machine() -> bool:
    """Tell whether nobody stands between: a proxy on this machine asks on behalf of others."""
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


class _Collector:
    """Counts all gauges once, for one scrape."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = now

    def collect(self) -> Iterable[Metric]:
        """Return the figures as Prometheus wants them."""
        for name, gauge in _gauges.items():
            family = GaugeMetricFamily(
                name, gauge.meaning, labels=[gauge.label] if gauge.label else []
            )
            for value, number in gauge.samples(self._session, self._now).items():
                family.add_metric([value] if gauge.label else [], number)
            yield family
