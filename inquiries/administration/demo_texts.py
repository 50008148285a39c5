"""The invented German texts of which demo inquiries are made; they lie in demo_texts.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Texts:
    """All texts by their use; braces are filled in by the stories."""

    first_names: list[str]
    last_names: list[str]
    municipalities: list[str]
    organisations: list[str]
    about_the_place: list[str]
    greeting: str
    thanks: list[str]
    farewell: list[str]
    ask_back: list[str]
    reply: list[str]
    notes: list[str]
    third_party: list[str]
    rare: str
    advice: dict[str, list[str]]


def load() -> Texts:
    """Read the file."""
    path = Path(__file__).with_suffix(".toml")
    return Texts(**tomllib.loads(path.read_text(encoding="utf-8")))
