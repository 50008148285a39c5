"""`serve` brings everything up to date and keeps its processes up, and stops them together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from contextlib import contextmanager
from pathlib import Path

import click
import pytest
import sqlalchemy as sa

from inquiries.accounts.models import Centre, User
from inquiries.administration import catalogue, serving
from inquiries.casefile.models import Inquiry
from inquiries.platform.db import transaction
from tests.conftest import CATALOGUE, NOW

HOME = Path(__file__).parents[2]


@contextmanager
def supervised(tmp_path, web, background):
    """Run a supervisor whose processes write into `log`."""
    script = tmp_path / "supervise.py"
    script.write_text(
        textwrap.dedent(f"""
        import os, sys, time
        from inquiries.administration.serving import Supervisor
        def say(word):
            with open({str(tmp_path / "log")!r}, "a") as log:
                log.write(f"{{word}} {{os.getpid()}}\\n")
        def web():
            say("web")
            {web}
        def background():
            say("background")
            {background}
        sys.exit(Supervisor(web=web, background=background, pause=0.05).run())
        """)
    )
    environment = {**os.environ, "PYTHONPATH": str(HOME)}
    process = subprocess.Popen([sys.executable, script], env=environment, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def said(tmp_path, word, times=1):
    """Return the process numbers, once the word was said so often."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        log = tmp_path / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        pids = [int(line.split()[1]) for line in lines if line.startswith(f"{word} ")]
        if len(pids) >= times:
            return pids
        time.sleep(0.02)
    pytest.fail(f"„{word}“ was not said {times} times")


def is_gone(pid):
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def test_a_background_process_that_dies_is_started_again(tmp_path):
    with supervised(tmp_path, "time.sleep(60)", "time.sleep(60)") as process:
        first = said(tmp_path, "background")[0]
        os.kill(first, signal.SIGKILL)
        assert said(tmp_path, "background", 2)[1] != first
        assert process.poll() is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_both_stop_when_the_supervisor_is_told_to(tmp_path, number):
    with supervised(tmp_path, "time.sleep(60)", "time.sleep(60)") as process:
        pids = said(tmp_path, "web") + said(tmp_path, "background")
        process.send_signal(number)
        assert process.wait(10) == 0
        assert all(is_gone(pid) for pid in pids)


def test_without_its_web_server_everything_ends_with_an_error(tmp_path):
    with supervised(tmp_path, "time.sleep(0.3)", "time.sleep(60)") as process:
        background = said(tmp_path, "background")[0]
        assert process.wait(10) == 1
        assert b"The web server has ended" in process.stderr.read()
        assert is_gone(background)


def test_nothing_is_left_when_the_supervisor_is_killed(tmp_path):
    with supervised(tmp_path, "time.sleep(60)", "time.sleep(60)") as process:
        pids = said(tmp_path, "web") + said(tmp_path, "background")
        process.kill()
        process.wait()
        assert all(is_gone(pid) for pid in pids)


def test_a_port_that_is_taken_is_named_in_one_line():
    with socket.socket() as other:
        other.bind((serving.HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(click.ClickException) as caught:
            serving._listener(port)
    assert f"port {port} cannot be used" in caught.value.message
    assert "\n" not in caught.value.message


def test_a_start_without_demo_makes_no_people_and_no_inquiries(app, session):
    serving.prepare(app)
    assert session.scalar(sa.select(sa.func.count()).select_from(Inquiry)) == 0
    assert session.scalars(sa.select(User.key).where(User.demo)).all() == []


def test_a_start_with_demo_shows_a_living_centre_and_the_next_start_keeps_it(app, session):
    app.config["DEMO"] = True
    try:
        serving.prepare(app)
        count = sa.select(sa.func.count()).select_from(Inquiry)
        assert session.scalar(count) == serving.DEMO_INQUIRIES
        with transaction(session):
            session.execute(sa.update(Centre).values(phone="060 1"))
        serving.prepare(app)
        assert session.scalar(count) == serving.DEMO_INQUIRIES
        assert session.scalar(sa.select(Centre.phone)) == "060 1"
    finally:
        app.config["DEMO"] = False


def test_a_catalogue_of_ones_own_is_followed_not_replaced(app, session, tmp_path):
    own = tmp_path / "eigener.toml"
    text = CATALOGUE.read_text(encoding="utf-8")
    start, end = text.index("examples = ["), text.index("]\n", text.index("examples = [")) + 2
    text = text[:start] + text[end:]
    own.write_text(text.replace('"Zentrum Sozialer Zusammenhalt"', '"Haus am Fluss"'))
    with transaction(session):
        catalogue.load(session, own, now=NOW)
    serving.prepare(app)
    assert session.scalar(sa.select(Centre.name)) == "Haus am Fluss"
    own.write_text(own.read_text().replace('"Haus am Fluss"', '"Haus am Meer"'))
    serving.prepare(app)
    session.rollback()
    assert session.scalar(sa.select(Centre.name)) == "Haus am Meer"
