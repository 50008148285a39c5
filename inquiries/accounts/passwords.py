"""Passwords: hashed with Argon2id, compared in the same time whether the account exists or not."""

from __future__ import annotations

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from inquiries.platform import Refused

DEMO_PASSWORD = "demo-anlaufstelle"  # noqa: S105 - public on purpose; refused unless DEMO is on
MIN_LENGTH = 12
MAX_LENGTH = 200

# OWASP's recommendation for Argon2id: 19 MiB, two passes, one lane. More memory would let a flood
# of log-ins push a small machine into swapping.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)
_NOBODY = _hasher.hash("compared against when there is no such account")


def hashed(password: str) -> str:
    """Return what is stored of a password.

    Raises:
        Refused: when it is shorter than 12 or longer than 200 characters.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        sentence = f"Ein Passwort hat {MIN_LENGTH} bis {MAX_LENGTH} Zeichen."
        raise Refused(sentence, field="password")
    return _hasher.hash(password)


def matches(stored: str, password: str) -> bool:
    """Tell whether a password is right; takes as long when nothing is stored."""
    try:
        _hasher.verify(stored or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return bool(stored)
