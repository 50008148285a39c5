"""Monday, 07:30: everybody finds her week in her mail; until then nobody has heard of it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.stories.conftest import COORDINATOR, FOR_LARA, LARA

NEXT_MONDAY = datetime(2026, 11, 30, 7, 30, tzinfo=ZoneInfo("Europe/Berlin"))


def test_mondays_digest_lies_in_the_outgoing_mail(house, somebody):
    reference, _ = house.receive(FOR_LARA)
    house.wait_until(NEXT_MONDAY - timedelta(seconds=1))
    house.run_job("weekly-digest")
    house.wait_until(NEXT_MONDAY + timedelta(minutes=1))
    coordinator = somebody(COORDINATOR)
    coordinator.follow("Postausgang")
    coordinator.fill("Suche", LARA)
    coordinator.key("Enter")
    coordinator.follow(re.compile("Wochenübersicht KW 49"))
    coordinator.sees(LARA, reference, FOR_LARA.subject, f"{house.url}/anfragen/{reference}")

    house.run_job("weekly-digest")
    lists = [text for text in house.letters(LARA) if "Arbeitsliste für die Kalenderwoche" in text]
    assert len(lists) == 1, "once a week, however often the job runs"
