"""Gather every sentence that pages show, and bring the translations up to date with them.

German stands in templates and code and is the key of each message. Most messages are calls of
`_()`; others are words in constants, which a template hands to `_()` later: names of states, titles
of figures, refusals of services. Those are found here by the names of the constants.

    python deploy/messages.py    update translations/*/LC_MESSAGES/messages.po (make translations)

A message without a translation stays empty, and a test says so.
"""

from __future__ import annotations

import ast
import typing as t
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

if t.TYPE_CHECKING:
    from collections.abc import Iterator

HOME = Path(__file__).resolve().parent.parent
CATALOGUES = HOME / "translations"

# Calls whose arguments are shown, and which of them (from 0).
CALLS: dict[str, tuple[int, ...]] = {
    "_": (0,),
    "translate": (0,),
    "Refused": (0,),
    "Wording": (0, 1, 2),
    "KeyNumber": (0, 1),
    "Figure": (1, 2, 3),
    "Job": (3,),
}
# Constants whose values are shown, and functions whose results are.
NAMES = {
    *("CHANNEL_NAMES", "ROLE_NAMES", "MAIL_STATE_NAMES", "MONTH_NAMES", "ORIGINS"),
    *("ANSWER_STEPS", "NOT_STATED", "sentence", "email_fault"),
    *("SENTENCE", "EXPIRED", "FINISHED", "NOT_ADDRESSABLE", "TOO_MANY", "WRONG"),
}
# What only machines or the command line get to read.
SILENT = ("inquiries/api/", "inquiries/administration/demo", "inquiries/intake/importing.py")

Found = tuple[int, str, t.Any, list[str]]


def gather() -> Catalog:
    """Return all messages of the product, without translations."""
    found = Catalog(charset="utf-8")
    methods: list[tuple[str, t.Any]] = [
        ("inquiries/**.py", _of_python),
        ("templates/**.html", babel_extract),
    ]
    options = {"templates/**.html": {"silent": "false"}}
    for name, _line, message, _comments, _context in extract_from_dir(
        HOME, methods, options, directory_filter=_holds_sentences
    ):
        if not name.startswith(SILENT):
            found.add(message, locations=[(name, 0)])
    return found


def _holds_sentences(folder: str | Path) -> bool:
    path = Path(folder).relative_to(HOME)
    return path == Path() or path.parts[0] in {"inquiries", "templates"}


def _of_python(
    file: t.IO[bytes], _keywords: object, _tags: object, **_options: object
) -> Iterator[Found]:
    """Find the messages of a module, in the manner of Babel's extraction methods."""
    for node in ast.walk(ast.parse(file.read())):
        for message in _messages(node):
            yield node.lineno, "gettext", message, []  # type: ignore[attr-defined]  # it has text, so it has a line


def _messages(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Call(func=ast.Name(id=name), args=arguments) if name in CALLS:
            for place in CALLS[name]:
                yield from _strings(arguments[place]) if place < len(arguments) else ()
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in NAMES:
            yield from _strings(value)
        case ast.FunctionDef(name=name) if name in NAMES:
            for inner in ast.walk(node):
                if isinstance(inner, ast.Return) and inner.value:
                    yield from _strings(inner.value)


def _strings(node: ast.expr) -> Iterator[str]:
    """Return the texts in a literal; f-strings, which hold data, are none."""
    match node:
        case ast.Constant(value=str(text)) if text:
            yield text
        case ast.Dict(values=parts) | ast.Tuple(elts=parts):
            for part in parts:
                yield from _strings(part)
        case ast.Starred(value=inner):
            yield from _strings(inner)
        case ast.IfExp(body=one, orelse=other):
            yield from (*_strings(one), *_strings(other))


def main() -> None:
    """Add new messages to each catalogue, and drop those that nothing shows any more."""
    template = gather()
    for path in sorted(CATALOGUES.glob("*/LC_MESSAGES/messages.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=path.parts[-3])
        catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
        with path.open("wb") as file:
            write_po(file, catalogue, ignore_obsolete=True, include_lineno=False, width=100)
        empty = [
            message.id for message in catalogue if message.id and not any(message.string or ())
        ]
        print(f"{path.relative_to(HOME)}: {len(catalogue)} messages, {len(empty)} to translate")


if __name__ == "__main__":
    main()
