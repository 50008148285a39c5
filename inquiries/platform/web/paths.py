"""Paths that a browser sends along to be led back to."""

from __future__ import annotations

from urllib.parse import urlsplit


def is_local(path: str) -> bool:
    """Tell whether a path stays on this site: nobody is led elsewhere by a prepared link."""
    if not path.startswith("/") or path.startswith(("//", "/\\")) or not path.isprintable():
        return False
    parts = urlsplit(path)
    return not parts.scheme and not parts.netloc
