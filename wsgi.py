"""The application for a WSGI server and for `flask --app wsgi`."""

from __future__ import annotations

from inquiries.app import create_app

app = create_app()
