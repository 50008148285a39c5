"""Web plumbing that every stage shares: extensions, doors, forms, errors, headers, formatting."""

from __future__ import annotations

from flask_alembic import Alembic
from flask_babel import Babel
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_sqlalchemy_lite import SQLAlchemy
from flask_wtf.csrf import CSRFProtect

# Objects stay loaded after a commit: relationships never load by themselves (lazy="raise"), so an
# expired object would be of no use to the page that is shown next.
db = SQLAlchemy(session_options={"expire_on_commit": False})
alembic = Alembic(metadatas={})
babel = Babel()
csrf = CSRFProtect()
limiter = Limiter(get_remote_address, headers_enabled=True)
login_manager = LoginManager()
