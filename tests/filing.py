"""How tests file an inquiry: as a visitor does, in one go."""

from __future__ import annotations

import itertools
import re
import typing as t

if t.TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

TYPED = {
    "name": "Marlene Muster",
    "email": "m.muster@stadt-giessen.example",
    "organisation": "Stadt Gießen, Stadtplanungsamt",
    "municipality": "giessen",
    "subject": "Bürgerbeteiligung am Marktplatz",
    "body": "Guten Tag,\n\nwelche Formate der Bürgerbeteiligung haben sich bei Familien bewährt?",
}
_keys = itertools.count()


def form_key() -> str:
    """Return a key that no other form has."""
    return f"a-key-of-the-form-{next(_keys):08d}"


def check(client: FlaskClient, **changes: t.Any) -> TestResponse:
    """Fill in the form and press „Weiter“."""
    typed = {**TYPED, "form_key": form_key(), **changes}
    return client.post("/anfrage", data=typed)


def send(client: FlaskClient, **changes: t.Any) -> TestResponse:
    """Fill in the form and send it in one go."""
    return check(client, **{"schritt": "senden", **changes})


def link_of(client: FlaskClient) -> str:
    """Return the status link of what this visitor sent last, as a path."""
    page = client.get("/anfrage/eingegangen").text
    found = re.search(r"/stand/[A-Za-z0-9_-]+", page)
    assert found, page
    return found.group(0)


def filed_link(client: FlaskClient, **changes: t.Any) -> str:
    """File an inquiry and return its status link."""
    answer = send(client, **changes)
    assert answer.status_code == 303, answer.text
    return link_of(client)
