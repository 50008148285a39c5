"""Every page that there is, for each role, wide and narrow, light and dark: all checks hold.

The pages are taken from the application itself, so that a new one cannot be forgotten. What a
check is stands in tests/browser.py.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from inquiries.accounts.models import Role
from inquiries.casefile import service as casefile
from inquiries.casefile.models import Inquiry
from inquiries.casefile.status import Status
from inquiries.mail.models import OutgoingMail
from inquiries.platform.db import transaction
from inquiries.platform.web import db
from inquiries.platform.web.doors import DOOR, OPEN
from tests.browser import AXE_TAGS
from tests.conftest import NOW
from tests.stories.conftest import ADMINISTRATOR, COORDINATOR, LARA

WIDE, PHONE, NARROWEST = 1280, 390, 320
COLOURS = ("wcag141", "wcag143")
WHO = {
    OPEN: "",
    Role.ADVISOR: LARA,
    Role.COORDINATOR: COORDINATOR,
    Role.ADMINISTRATOR: ADMINISTRATOR,
}
# What answers with something else than a page.
NO_PAGES = (
    "static",
    "stylesheet",
    "municipality_list",
    "attachment",
    "reporting.table",
    "api.",
    "health",
    "metrics",
)
LISTS = [
    "/anfragen?view=mine",
    "/anfragen?view=unassigned",
    "/anfragen?view=overdue",
    "/anfragen?view=waiting",
    "/anfragen?view=all&sort=due",
    "/anfragen?view=all&q=Quartier",
    "/anfragen?view=mine&q=Weltraumbahnhof",
]


def inquiries_by_status():
    """Return one reference for each status, and the secret of a status link for each."""
    found = {}
    with transaction(db.session) as session:
        for inquiry in session.scalars(sa.select(Inquiry).order_by(Inquiry.id)):
            if inquiry.status not in found:
                link = casefile.issue_status_link(session, inquiry, now=NOW)
                found[Status(inquiry.status)] = (inquiry.reference, link.rpartition("/")[2])
    letters = db.session.scalars(
        sa.select(sa.func.min(OutgoingMail.id)).group_by(OutgoingMail.letter)
    ).all()
    return found, letters


def pages_for(app, role, files, letters):
    """Return the addresses of all pages whose door is this role's, with things that exist."""
    examples = {
        "reference": [reference for reference, _ in files.values()],
        "token": [token for _, token in files.values()],
        "mail_id": letters,
    }
    paths = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        wanted = "GET" in (rule.methods or ()) and str(getattr(view, DOOR, "")) == role
        if not wanted or any(name in rule.endpoint for name in NO_PAGES):
            continue
        cases = (
            [{}]
            if not rule.arguments
            else [{name: value} for name in rule.arguments for value in examples[name]]
        )
        with app.test_request_context():
            paths += [rule.build(values)[1] for values in cases]
    return paths


@pytest.mark.parametrize("role", [OPEN, *Role])
def test_every_page(house, somebody, role):
    files, letters = house.do(inquiries_by_status)
    assert set(files) == set(Status), "the demo shows every status"
    order = [OPEN, *Role]
    own = pages_for(house.app, role, files, letters) + (LISTS if role == Role.ADVISOR else [])
    others = [
        path
        for lower in order[1 : order.index(role)]
        for path in pages_for(house.app, lower, dict([next(iter(files.items()))]), letters[:1])
    ]
    person = somebody(WHO[role])
    faults = []
    for path in own:
        faults += all_faults(person, path)
    for path in others:
        faults += all_faults(person, path, looks=[(WIDE, "light", AXE_TAGS), (PHONE, "light", ())])
    assert not faults, "\n\n".join(faults)


ALL_LOOKS = [
    (WIDE, "light", AXE_TAGS),
    (WIDE, "dark", COLOURS),
    (PHONE, "dark", COLOURS),
    (PHONE, "light", AXE_TAGS),
    (NARROWEST, "light", ()),
]


def all_faults(person, path, looks=ALL_LOOKS):
    """Return what is wrong with a page, in each of the looks."""
    person.page.set_viewport_size({"width": WIDE, "height": 900})
    person.page.goto(path)
    return faults_of_this_page(person, looks)


def faults_of_this_page(person, looks=ALL_LOOKS):
    found = []
    for width, scheme, rules in looks:
        person.page.emulate_media(color_scheme=scheme)
        person.page.set_viewport_size({"width": width, "height": 900})
        try:
            person.check(rules)
        except AssertionError as wrong:
            found.append(f"[{scheme}] {wrong}")
    return found


@pytest.mark.parametrize(
    ("email", "path", "button", "status"),
    [
        ("", "/anfrage", "Weiter: Angaben prüfen", 422),
        ("", "/anmelden", "Anmelden", 422),
        (LARA, "/anfragen/neu", "Notiz speichern", 422),
        (LARA, "/abwesenheiten", "Eintragen", 422),
    ],
)
def test_an_empty_form_comes_back_with_errors(house, somebody, email, path, button, status):
    person = somebody(email)
    person.visit(path)
    person.press(button)
    assert person.status == status
    assert person.page.evaluate("() => document.activeElement.id") == "fehler"
    faults = faults_of_this_page(person)
    person.page.locator("#fehler a").first.click()
    assert person.page.evaluate("() => document.activeElement.matches('input, select, textarea')")
    assert not faults, "\n\n".join(faults)


@pytest.mark.parametrize(
    ("email", "path", "status"),
    [
        ("", "/gibt-es-nicht", 404),
        ("", "/stand/falsch", 404),
        (LARA, "/anfragen/ZSZ-2026-99999", 404),
        (LARA, "/verwaltung/ausgang", 403),
    ],
)
def test_a_refusal_is_a_page_like_all_others(house, somebody, email, path, status):
    person = somebody(email)
    faults = all_faults(person, path)
    assert person.status == status
    assert not faults, "\n\n".join(faults)
