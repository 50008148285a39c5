"""The entrance: puts settings, extensions, stages and commands together."""

from __future__ import annotations

import logging
import sys
import typing as t
from importlib import import_module
from inspect import iscoroutinefunction
from pathlib import Path

import structlog
from flask import Flask, request, url_for
from flask_login import current_user
from werkzeug.middleware.proxy_fix import ProxyFix

import config
from inquiries.accounts.directory import directory
from inquiries.accounts.models import ROLE_NAMES, Role
from inquiries.accounts.passwords import DEMO_PASSWORD
from inquiries.api.problems import problem
from inquiries.platform import settings
from inquiries.platform.db import Base, prepare_engine
from inquiries.platform.web import (
    alembic,
    assets,
    csrf,
    db,
    doors,
    encoding,
    errors,
    formatting,
    headers,
    health,
    language,
    limiter,
    login_manager,
)
from inquiries.platform.web.language import translate
from inquiries.reporting import metrics

if t.TYPE_CHECKING:
    from collections.abc import Mapping

HOME = Path(__file__).resolve().parent.parent
STAGES = ("accounts", "intake", "casework", "reporting", "administration", "api")
TABLES = (
    "mail",
    "accounts",
    "casefile",
    "classification",
    "routing",
    "knowledge",
    "intake",
    "timetable",
    "api",
)
COMMANDS = ("accounts", "classification", "routing", "intake", "timetable", "administration", "api")
MAX_REQUEST = 30 * 1024 * 1024


def create_app(overrides: Mapping[str, t.Any] | None = None) -> Flask:
    """Build the application; `overrides` replace settings, for tests."""
    app = Flask(
        "inquiries",
        root_path=str(HOME),
        template_folder=str(HOME / "templates"),
        static_folder=str(HOME / "static"),
    )
    app.config.update(config.load(), **(overrides or {}))
    settings.configure(app.config)
    _configure(app, overrides or {})
    _start_logging(app.config["LOG_FORMAT"])
    if app.config["PROXIES"]:
        hops = app.config["PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]  # Flask's own way
    encoding.install(app)
    _start_extensions(app)
    for module in (formatting, language, assets, headers, health):
        module.install(app)
    metrics.install()
    errors.install(app, _error_page)
    for stage in STAGES:
        app.register_blueprint(import_module(f"inquiries.{stage}.routes").bp)
    for stage in COMMANDS:
        import_module(f"inquiries.{stage}.commands").install(app)
    _share_with_templates(app)
    setattr(app.view_functions["static"], doors.DOOR, doors.OPEN)
    doors.refuse_views_without_door(app)
    return app


def _configure(app: Flask, overrides: Mapping[str, t.Any]) -> None:
    https = app.config["BASE_URL"].startswith("https://")
    ours = {
        "SQLALCHEMY_ENGINES": {"default": _engine(app.config["DATABASE_URL"])},
        "ALEMBIC": {"script_location": str(HOME / "migrations")},
        "ALEMBIC_CONTEXT": {"render_as_batch": True, "compare_type": True},
        "BABEL_DEFAULT_LOCALE": "de",
        "BABEL_TRANSLATION_DIRECTORIES": str(HOME / "translations"),
        "MAX_CONTENT_LENGTH": MAX_REQUEST,
        "MAX_FORM_MEMORY_SIZE": 12 * 1024 * 1024,
        "RATELIMIT_STORAGE_URI": "memory://",
        "SESSION_COOKIE_NAME": "__Host-anlaufstelle" if https else "anlaufstelle",
        "SESSION_COOKIE_SECURE": https,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_TIME_LIMIT": None,
        # Pages behind a secret link send no referrer, and forms on them must work over https, too.
        "WTF_CSRF_SSL_STRICT": False,
    }
    # Flask has values of its own for some of these: they must not win.
    app.config.update({**ours, **overrides})
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def _engine(url: str) -> dict[str, t.Any]:
    return {
        "url": url.replace("postgresql://", "postgresql+psycopg://", 1),
        "hide_parameters": True,  # no names and addresses in the log
    }


def _start_logging(style: str) -> None:
    renderer: t.Any = (
        structlog.processors.JSONRenderer()
        if style == "json"
        # Plain: a pretty traceback prints local variables, and with them what people wrote.
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    chain: list[t.Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if style == "json":
        chain.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*chain, renderer],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )


def _start_extensions(app: Flask) -> None:
    db.init_app(app)
    # No session of ours is asynchronous, and closing none of them would cost a thread a request.
    app.teardown_appcontext_funcs[:] = [
        close for close in app.teardown_appcontext_funcs if not iscoroutinefunction(close)
    ]
    with app.app_context():
        prepare_engine(db.engine)
    for stage in TABLES:
        import_module(f"inquiries.{stage}.models")
    alembic.metadatas = {"default": Base.metadata}
    for extension in (alembic, csrf, limiter, login_manager):
        t.cast("t.Any", extension).init_app(app)


def _error_page() -> errors.ErrorPage:
    return problem if request.path.startswith("/api/") else errors.html_page


def _share_with_templates(app: Flask) -> None:
    app.jinja_env.globals.update(
        demo=app.config["DEMO"], demo_password=DEMO_PASSWORD, role_names=ROLE_NAMES
    )

    @app.context_processor
    def shared() -> dict[str, t.Any]:
        return {
            "centre": directory(db.session).centre,
            "navigation": _navigation() if current_user.is_authenticated else [],
            "legal_links": [
                {"label": translate("Impressum"), "url": url_for("intake.imprint")},
                {"label": translate("Datenschutz"), "url": url_for("intake.privacy")},
                {"label": translate("Barrierefreiheit"), "url": url_for("intake.accessibility")},
            ],
            "home_url": url_for("intake.start"),
            "sign_out_url": url_for("accounts.logout"),
        }


def _navigation() -> list[dict[str, t.Any]]:
    """Return the links of the head, for the person who is logged in."""
    places = [
        (Role.ADVISOR, translate("Anfragen"), "casework.queue"),
        (Role.ADVISOR, translate("Telefonnotiz"), "intake.phone_note"),
        (Role.ADVISOR, translate("Abwesenheiten"), "accounts.absences"),
        (Role.COORDINATOR, translate("Auswertung"), "reporting.figures"),
        (Role.COORDINATOR, translate("Postausgang"), "administration.outgoing_mail"),
        (Role.COORDINATOR, translate("Aufgaben"), "administration.background_jobs"),
    ]
    return [
        {"label": label, "url": url_for(endpoint), "current": request.endpoint == endpoint}
        for role, label, endpoint in places
        if current_user.has_role(role)
    ]
