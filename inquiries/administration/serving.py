"""`serve`: bring everything up to date, then keep the web server and the background process up.

Three kinds of processes come out of one image, so that they share its memory: a supervisor that
does nothing but wait, gunicorn with its web workers, and the background process with the clock.
What needs much memory for a moment (training the classifier) happens in a process of its own.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import signal
import socket
import sys
import time
import traceback
import typing as t
from dataclasses import dataclass
from pathlib import Path

import click
import sqlalchemy as sa
from gunicorn.app.base import BaseApplication

from inquiries.administration import catalogue, demo, demo_people
from inquiries.administration.catalogue_file import WrongCatalogue
from inquiries.casefile.models import Inquiry
from inquiries.platform import clock
from inquiries.platform.db import transaction
from inquiries.platform.web import alembic, db
from inquiries.timetable.commands import work

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

HOST = "127.0.0.1"
DEFAULT_CATALOGUE = Path(__file__).parents[2] / "catalogues" / "zentrum-sozialer-zusammenhalt.toml"
DEMO_INQUIRIES = 40
DEMO_SEED = 1
SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}
PATIENCE = 35
"""Seconds until processes that were told to stop are killed; gunicorn takes up to 30."""
LONGEST_PAUSE = 60
DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG, prctl(2)."""
MMAP_THRESHOLD, ARENA_MAX = -3, -8
"""M_MMAP_THRESHOLD and M_ARENA_MAX, mallopt(3)."""


def serve(app: Flask) -> None:
    """Prepare, then serve until told to stop; returns when all processes have ended.

    Raises:
        click.ClickException: when the port is taken or the preparation fails.
    """
    listener = _listener(app.config["PORT"])
    _give_memory_back()
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    if _wait_for(_fork(lambda: prepare(app))):
        raise click.ClickException("Anlaufstelle was not started, see above.")
    lines = [f"Anlaufstelle: http://{HOST}:{app.config['PORT']}/"]
    if app.config["DEMO"]:
        lines += demo_people.logins(db.session)
    db.session.close()
    db.engine.dispose()  # nothing is open when the processes part
    gc.collect()
    gc.freeze()
    web = _Server(app, listener, lines)
    supervisor = Supervisor(web=web.run, background=work)
    code = supervisor.run()
    if code:
        raise SystemExit(code)


def prepare(app: Flask) -> None:
    """Bring schema and catalogue up to date; on an empty database with DEMO, make a demo.

    A catalogue that an operator has loaded from a file of her own is followed, not replaced.
    """
    logging.getLogger("alembic").setLevel(logging.WARNING)
    alembic.upgrade()
    path = catalogue.loaded_from(db.session) or DEFAULT_CATALOGUE
    if path.is_file():
        try:
            with transaction(db.session) as session:
                catalogue.load(session, path, now=clock.now())
        except WrongCatalogue as error:
            raise click.ClickException(f"the catalogue was not loaded.\n{error}") from None
    if not app.config["DEMO"]:
        return
    with transaction(db.session) as session:
        demo_people.ensure_people(session, with_passwords=True)
        empty = session.scalar(sa.select(Inquiry.id).limit(1)) is None
    if empty:
        demo.fill(db.session, DEMO_INQUIRIES, DEMO_SEED, now=clock.now())


def gunicorn_options(app: Flask) -> dict[str, t.Any]:
    """Return how gunicorn runs the product, here and under systemd."""
    return {
        "workers": app.config["WEB_WORKERS"],
        "worker_class": "gthread",
        "threads": 4,
        "preload_app": True,
        "timeout": 60,
        "graceful_timeout": 30,
        "keepalive": 5,
        "loglevel": "warning",
        "forwarded_allow_ips": HOST,
        "control_socket_disable": True,
        "post_fork": lambda _arbiter, _worker: forget_connections(app),
    }


def forget_connections(app: Flask) -> None:
    """Leave the parent's database connections alone in a process that was forked from it."""
    with app.app_context():
        db.engine.dispose(close=False)


class _Server(BaseApplication):  # type: ignore[misc] # gunicorn comes without types
    """gunicorn on a socket that is bound already."""

    def __init__(self, app: Flask, listener: socket.socket, lines: list[str]) -> None:
        self._app = app
        self._listener = listener
        self._lines = lines
        super().__init__()

    def load_config(self) -> None:
        for name, value in gunicorn_options(self._app).items():
            self.cfg.set(name, value)
        self.cfg.set("bind", f"fd://{self._listener.detach()}")
        self.cfg.set("when_ready", self._say)

    def load(self) -> Flask:
        return self._app

    def _say(self, _arbiter: object) -> None:
        for line in self._lines:
            click.echo(line)
        sys.stdout.flush()


@dataclass
class Supervisor:
    """Keeps two processes up: without the web server it ends, the background one it restarts."""

    web: Callable[[], None]
    background: Callable[[], None]
    pause: float = 0.5
    _web: int = 0
    _background: int = 0
    _since: float = 0
    _again_at: float | None = None
    _stop_by: float | None = None
    _failed: bool = False

    def run(self) -> int:
        """Run until both have ended; returns 1 when the web server ended by itself."""
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        self._web = _fork(self.web)
        self._start_background()
        while self._web or self._background:
            received = signal.sigtimedwait(SIGNALS, self._seconds_to_wait())
            if received and received.si_signo != signal.SIGCHLD:
                self._stop()
            self._reap()
            now = time.monotonic()
            if self._again_at is not None and now >= self._again_at:
                self._start_background()
            if self._stop_by is not None and now >= self._stop_by:
                self._send(signal.SIGKILL)
        return int(self._failed)

    def _seconds_to_wait(self) -> float:
        ends = [moment for moment in (self._again_at, self._stop_by) if moment is not None]
        return max(0.0, min(ends) - time.monotonic()) if ends else 3600

    def _start_background(self) -> None:
        self._again_at = None
        self._since = time.monotonic()
        self._background = _fork(self.background)

    def _reap(self) -> None:
        while self._web or self._background:
            pid, _status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            if pid == self._web:
                self._web = 0
                if self._stop_by is None:
                    click.echo("The web server has ended; stopping.", err=True)
                    self._failed = True
                    self._stop()
            elif pid == self._background:
                self._background = 0
                self._background_ended()

    def _background_ended(self) -> None:
        if self._stop_by is not None:
            return
        lived = time.monotonic() - self._since
        self.pause = 1 if lived > LONGEST_PAUSE else min(self.pause * 2, LONGEST_PAUSE)
        click.echo(f"The background process died; starting it in {self.pause:g} s.", err=True)
        self._again_at = time.monotonic() + self.pause

    def _stop(self) -> None:
        self._again_at = None
        self._stop_by = self._stop_by or time.monotonic() + PATIENCE
        self._send(signal.SIGTERM)

    def _send(self, number: signal.Signals) -> None:
        for pid in (self._web, self._background):
            if pid:
                os.kill(pid, number)


def _give_memory_back() -> None:
    """Let glibc return what a log-in or a large file needed for a moment.

    It would otherwise keep 19 MiB after the first log-in of each web worker, and an arena a thread.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(MMAP_THRESHOLD, 256 * 1024)
        libc.mallopt(ARENA_MAX, 1)


def _listener(port: int) -> socket.socket:
    """Take the port now, so that nobody waits for a start that cannot succeed."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise click.ClickException(
            f"port {port} cannot be used ({error.strerror}): stop the other program or set PORT."
        ) from None
    return listener


def _fork(run: Callable[[], None]) -> int:
    """Run something in a process of its own that ends with its parent; returns its number."""
    sys.stdout.flush()
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGTERM)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        if os.getppid() == parent:
            run()
        code = 0
    except click.ClickException as error:
        error.show()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:  # noqa: BLE001 - the process ends here, whatever it was
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def _wait_for(pid: int) -> int:
    """Return the exit code; a signal to stop meanwhile is passed on."""
    while True:
        received = signal.sigtimedwait(SIGNALS, 1)
        if received and received.si_signo != signal.SIGCHLD:
            os.kill(pid, signal.SIGTERM)
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
