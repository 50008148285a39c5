"""Every template compiles, and every page has a title and one heading."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest

if t.TYPE_CHECKING:
    from flask import Flask

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
ALL = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
PAGES = [name for name in ALL if not Path(name).name.startswith("_") and "/" in name]
PAGES = [name for name in PAGES if not name.startswith("_parts/")]


@pytest.mark.parametrize("name", ALL)
def test_it_compiles(app: Flask, name: str) -> None:
    app.jinja_env.get_template(name)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_a_title(name: str) -> None:
    text = (TEMPLATES / name).read_text()
    extends = re.search(r'{% extends "([^"]+)" %}', text)
    assert extends, "a page extends another template"
    while "{% block title %}" not in text:
        parent = re.search(r'{% extends "([^"]+)" %}', text)
        assert parent, f"{name} has no title"
        assert parent.group(1) != "base.html", f"{name} has no title of its own"
        text = (TEMPLATES / parent.group(1)).read_text()
