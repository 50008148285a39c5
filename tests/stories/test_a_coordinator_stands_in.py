"""Somebody is ill: the coordinator enters it, gives her files to others, and nothing waits."""

from __future__ import annotations

import re
from dataclasses import replace

from tests.stories.conftest import COORDINATOR, FOR_LARA, LARA, MIRJAM

REASON = "Frau Lebriez ist krank, die Kommune wartet seit gestern."


def test_a_coordinator_reassigns_because_of_absence(house, somebody):
    reference, status_page = house.receive(FOR_LARA)
    coordinator = somebody(COORDINATOR)
    coordinator.follow("Abwesenheiten")
    coordinator.choose("Wer ist abwesend?", "Lara Lebriez")
    coordinator.fill("Erster Tag", "2026-11-23")
    coordinator.fill("Letzter Tag", "2026-11-27")
    coordinator.choose("Vertretung", "Mirjam Roth")
    coordinator.press("Eintragen")
    coordinator.sees("Die Abwesenheit ist eingetragen.", "heute abwesend", "27.11.2026")

    coordinator.follow("Anfragen von Lara Lebriez ansehen")
    coordinator.follow(re.compile(FOR_LARA.subject))
    coordinator.sees(reference)
    coordinator.open("Weitergeben")
    coordinator.choose("An", "Mirjam Roth")
    coordinator.press("Weitergeben")
    coordinator.sees("Das hat nicht geklappt")
    coordinator.fill("Begründung", REASON)
    coordinator.press("Weitergeben")
    coordinator.sees(f"{reference} ist weitergegeben.", REASON)
    assert REASON in coordinator.text_of(".timeline"), "the history says who, when, why"
    assert REASON in house.letters(MIRJAM)[-1]

    next_one, _ = house.receive(replace(FOR_LARA, subject="Öffnungszeiten im Stadtteilbüro"))
    assert not any(next_one in letter for letter in house.letters(LARA))
    mirjam = somebody(MIRJAM)
    mirjam.visit(f"/anfragen/{next_one}")
    mirjam.open("Warum?")
    mirjam.sees("abwesend")

    asker = somebody()
    asker.visit(status_page)
    asker.sees("Mirjam Roth")
    asker.does_not_see(REASON, "krank")
