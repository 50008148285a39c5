"""Servers as processes: start, readiness, processor time and memory, read from Linux' /proc."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import typing as t
from pathlib import Path

from benchmarks.browser import Browser

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

HOME = Path(__file__).resolve().parent.parent
GUNICORN = (
    "--workers=2",
    "--worker-class=gthread",
    "--threads=4",
    "--preload",
    "--no-control-socket",
    "--forwarded-allow-ips=127.0.0.1",
)
"""As `serve` runs the product (inquiries.administration.serving), without the background process:
its ticks would count as a visitor's processor time.
"""
TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 60.0


class Server:
    """A server of ours: a process with its descendants, listening on a port of 127.0.0.1."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], log: Path, *, probe: str
    ) -> None:
        """Start it and wait for the first page; `ready_after` is the time that took, in seconds.

        Raises:
            RuntimeError: with the last lines of its log when it does not come up.
        """
        self.port = free_port()
        command = [part.replace("{port}", str(self.port)) for part in command]
        environment = {**os.environ, **environment, "PORT": str(self.port)}
        began = time.perf_counter()
        with log.open("ab") as sink:
            self._process = subprocess.Popen(
                command,
                cwd=HOME,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
            )
        while not _answers(self.port, probe):
            if self._process.poll() is not None or time.perf_counter() - began > PATIENCE:
                self.stop()
                words = log.read_text(errors="replace").splitlines()[-15:]
                raise RuntimeError("\n".join([f"{command} does not come up:", *words]))
            time.sleep(0.01)
        self.ready_after = time.perf_counter() - began

    @property
    def pid(self) -> int:
        """The first process's number."""
        return self._process.pid

    def stop(self) -> None:
        """End the server with everything that it started."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(15)
                return


def gunicorn(module: str, environment: Mapping[str, str], log: Path, *, probe: str) -> Server:
    """Start an application as `serve` starts the product, with two workers."""
    command = [sys.executable, "-m", "gunicorn", module, "--bind", "127.0.0.1:{port}", *GUNICORN]
    return Server(command, environment, log, probe=probe)


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _answers(port: int, path: str) -> bool:
    try:
        return Browser(port).get(path).status == 200
    except Exception:  # noqa: BLE001 - whatever it is, the server is not ready yet
        return False


def parent_of(pid: int) -> int:
    """Return the process that started this one."""
    return int(_stat(pid)[1])


def family(pids: Iterable[int]) -> set[int]:
    """Return these processes and all their descendants."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                children.setdefault(parent_of(int(folder.name)), []).append(int(folder.name))
    found: set[int] = set()
    waiting = list(pids)
    while waiting:
        pid = waiting.pop()
        found.add(pid)
        waiting += children.get(pid, [])
    return found


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the processor time that these families have used, children that ended included."""
    total = 0
    for pid in family(pids):
        with contextlib.suppress(OSError):
            total += sum(int(part) for part in _stat(pid)[11:15])
    return total / TICKS


def pss_mebibytes(pids: Iterable[int]) -> float:
    """Return the families' proportional share of memory, in MiB."""
    total = 0
    for pid in family(pids):
        with contextlib.suppress(OSError):
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            found = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
            total += int(found[1]) if found else 0
    return total / 1024


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the state on (field 3 of proc_pid_stat(5))."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
