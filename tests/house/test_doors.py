"""Every door is in the matrix: endpoint by role, and what happens there."""

from __future__ import annotations

import tomllib
import typing as t
from pathlib import Path

import pytest

from inquiries.accounts.models import Role
from inquiries.platform.web.doors import DOOR, OPEN, TOKEN
from tests.conftest import ADMINISTRATOR, ADVISOR, COORDINATOR

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from flask.testing import FlaskClient

MATRIX = tomllib.loads((Path(__file__).parent / "doors.toml").read_text())
WHO = {Role.ADVISOR: ADVISOR, Role.COORDINATOR: COORDINATOR, Role.ADMINISTRATOR: ADMINISTRATOR}
EXAMPLE_VALUES = {"reference": "ZSZ-2026-99999", "token": "wrong", "filename": "nothing.css"}


def _door_of(app: Flask, endpoint: str) -> str:
    view = app.view_functions[endpoint]
    return str(getattr(getattr(view, "view_class", view), DOOR, None) or getattr(view, DOOR))


def test_every_endpoint_stands_in_the_matrix_with_its_door(app: Flask) -> None:
    doors = {endpoint: _door_of(app, endpoint) for endpoint in app.view_functions}
    assert doors == MATRIX["doors"]


def _example_path(app: Flask, endpoint: str) -> tuple[str, str]:
    rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
    values = {name: EXAMPLE_VALUES.get(name, 999_999) for name in rule.arguments}
    with app.test_request_context():
        url = t.cast("t.Any", rule.build(values))[1]
    methods = (rule.methods or set()) - {"OPTIONS", "HEAD"}
    method = "GET" if "GET" in methods else min(methods)
    return method, url


@pytest.mark.parametrize("endpoint", sorted(MATRIX["doors"]))
def test_a_door_lets_in_whom_it_says_and_nobody_else(
    app: Flask, sign_in: Callable[..., FlaskClient], endpoint: str
) -> None:
    door = MATRIX["doors"][endpoint]
    method, url = _example_path(app, endpoint)
    stranger = app.test_client().open(url, method=method)
    if door == OPEN:
        assert stranger.status_code not in (401, 403), "open to all"
        return
    if door == TOKEN:
        assert stranger.status_code == 401, "a machine without a token"
        return
    assert stranger.status_code == 302, "a stranger is sent to the log-in"
    assert "/anmelden" in stranger.location
    order = list(Role)
    for role, email in WHO.items():
        status = sign_in(email).open(url, method=method).status_code
        if order.index(role) < order.index(Role(door)):
            assert status == 403, f"{role} is not enough"
        else:
            assert status not in (401, 403, 500), f"{role} may enter"
