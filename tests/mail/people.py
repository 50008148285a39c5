"""Invented people and an invented inquiry, for letters."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

NOW = datetime(2026, 11, 23, 13, 30, tzinfo=UTC)
CENTRE = SimpleNamespace(
    name="Zentrum Sozialer Zusammenhalt", phone="069 000000-40", email="anfrage@zentrum.example"
)
CARRIER = SimpleNamespace(name="LAG Beispiel e. V.", short_name="LAG")
ADVISOR = SimpleNamespace(
    name="Anna Beispiel", title="Referentin", phone="069 000000-42", email="anna@zentrum.example"
)
INQUIRY = SimpleNamespace(
    reference="ZSZ-2026-00042",
    subject="Förderung eines Nachbarschaftstreffs",
    own_reference="61-20/26",
    requester_name="Jörg Müller",
    organisation="Stadt Gießen, Stadtplanungsamt",
    municipality_name="Gießen",
    due_at=datetime(2026, 11, 30, 22, 59, 59, tzinfo=UTC),
    topic_reasons=["Nachbarschaftstreff", "Quartiersmanagement"],
    assignment_reasons=["Sie haben Gießen zuletzt beraten."],
)
URL = "https://anfrage.zentrum.example"
STATUS_URL = f"{URL}/stand/kT3v-Beispiel"
STAFF_URL = f"{URL}/anfragen/ZSZ-2026-00042"
