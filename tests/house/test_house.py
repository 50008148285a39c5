"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import config

HOME = Path(__file__).resolve().parents[2]
PRODUCT = sorted((HOME / "inquiries").rglob("*.py"))
LONGEST_MODULE = 400


def test_commits_happen_in_one_place() -> None:
    places = [path for path in PRODUCT if re.search(r"\.commit\(", path.read_text())]
    assert [str(path.relative_to(HOME)) for path in places] == ["inquiries/platform/db.py"]


def test_no_module_outgrows_its_name() -> None:
    long = {
        str(path.relative_to(HOME)): lines
        for path in PRODUCT
        if (lines := len(path.read_text().splitlines())) > LONGEST_MODULE
    }
    assert not long


def test_the_domain_is_imported_without_the_web() -> None:
    """Services, rules and models run in a worker or a notebook: no Flask comes along."""
    stages = "mail accounts casefile classification routing knowledge casework intake reminders"
    modules = [
        f"inquiries.{stage}.{name}"
        for stage in stages.split()
        for name in ("models", "rules", "service")
        if (HOME / "inquiries" / stage / f"{name}.py").exists()
    ]
    web = "[name for name in ('flask', 'wtforms') if name in sys.modules]"
    code = f"import sys, {', '.join(modules)}; print({web})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=HOME, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_templates_hold_no_inline_style_or_script() -> None:
    """The content security policy would refuse them; see platform.web.headers."""
    wrong = [
        str(path.relative_to(HOME))
        for path in (HOME / "templates").rglob("*.html")
        if re.search(r"\sstyle=|\son[a-z]+=|<style|<script(?![^>]*\ssrc=)|hx-on", path.read_text())
    ]
    assert not wrong


def test_colours_stand_in_the_theme_only() -> None:
    wrong = [
        path.name
        for path in (HOME / "static" / "css").glob("*.css")
        if path.name != "theme.css"
        and re.search(r":[^;{]*(#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(|oklch\()", path.read_text())
    ]
    assert not wrong


def test_every_setting_is_documented() -> None:
    page = (HOME / "docs" / "operators" / "settings.md").read_text()
    missing = [setting.name for setting in config.SETTINGS if f"`{setting.name}`" not in page]
    assert not missing


def test_every_public_name_says_what_it_is_for() -> None:
    silent = [
        f"{path.relative_to(HOME)}:{node.lineno} {node.name}"
        for path in PRODUCT
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert not silent
