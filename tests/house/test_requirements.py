"""Two installations are alike: whatever gets installed is pinned, and so are the web assets."""

from __future__ import annotations

import json
import re
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]


def pins(name: str) -> dict[str, Requirement]:
    """Return the requirements of a file and of those that it includes, by package."""
    found: dict[str, Requirement] = {}
    for line in (ROOT / name).read_text().splitlines():
        if line.startswith("-r "):
            found |= pins(line.removeprefix("-r ").strip())
        elif line and not line.startswith("#"):
            requirement = Requirement(line)
            found[canonicalize_name(requirement.name)] = requirement
    return found


def needed_by(requirement: Requirement) -> set[str]:
    """Return what an installed package needs here, with the extras that are asked for."""
    extras = requirement.extras or {""}
    needs = [Requirement(line) for line in distribution(requirement.name).requires or []]
    return {
        canonicalize_name(need.name)
        for need in needs
        if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in extras)
    }


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_package_is_pinned_exactly(name):
    loose = [
        str(pin) for pin in pins(name).values() if not re.fullmatch(r"==[\w.]+", str(pin.specifier))
    ]
    assert not loose


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_what_a_package_needs_is_pinned_too(name):
    pinned = pins(name)
    missing = {need for pin in pinned.values() for need in needed_by(pin)} - pinned.keys()
    assert not missing


def test_the_installation_is_the_pinned_one():
    pinned = pins("requirements-dev.txt")
    installed = {name: distribution(name).version for name in pinned}
    different = {
        str(pin): installed[name]
        for name, pin in pinned.items()
        if not pin.specifier.contains(installed[name])
    }
    assert not different


def test_web_assets_are_locked_by_digest_and_without_an_address():
    lock = json.loads((ROOT / "package-lock.json").read_text())
    package = json.loads((ROOT / "package.json").read_text())
    packages = {path: entry for path, entry in lock["packages"].items() if path}
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert not [path for path, entry in packages.items() if "resolved" in entry]
    wanted = package["dependencies"] | package["devDependencies"]
    assert {
        path.removeprefix("node_modules/"): entry["version"] for path, entry in packages.items()
    } == wanted
