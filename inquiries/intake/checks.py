"""What form, phone note, import and API check in the same way."""

from __future__ import annotations

import re

from inquiries.mail.message import NotAddressable, checked_address

EMAIL_MAX = 254
_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def email_fault(typed: str) -> str:
    """Return what is wrong with an e-mail address as a sentence, or nothing; looks nothing up."""
    if typed.count("@") > 1 or re.search(r"[,;]|\s", typed):
        return "Bitte geben Sie genau eine E-Mail-Adresse an."
    try:
        host = checked_address(typed).rpartition("@")[2]
    except NotAddressable:
        host = ""
    if not _HOST.fullmatch(host):
        return "Diese E-Mail-Adresse ist nicht vollständig. Ein Beispiel: name@kommune.de"
    return ""
