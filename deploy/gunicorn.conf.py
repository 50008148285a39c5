"""gunicorn under systemd: `gunicorn --config deploy/gunicorn.conf.py wsgi:app`.

The same options as `flask serve` uses; there is no need to edit this file, see the settings.
"""

from __future__ import annotations

from inquiries.administration.serving import HOST, gunicorn_options
from wsgi import app

bind = f"{HOST}:{app.config['PORT']}"
globals().update(gunicorn_options(app))
