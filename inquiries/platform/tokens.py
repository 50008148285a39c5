"""Random tokens for links, sessions and machines; the database keeps only their digests."""

from __future__ import annotations

import hashlib
import secrets

TOKEN_BYTES = 32


def new_token() -> str:
    """Return 256 random bits as text that is safe in a URL."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest(token: str) -> str:
    """Return what is stored of a token; enough against guessing, as tokens are random."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
