"""The API for other systems: /api/v1, and its description as OpenAPI 3.1."""

from __future__ import annotations

import typing as t

from flask import Blueprint, current_app, jsonify
from flask_smorest import Api

from inquiries.api import schemas
from inquiries.api.problems import PROBLEM_TYPE
from inquiries.api.views import v1
from inquiries.platform.web.doors import open_to_all

if t.TYPE_CHECKING:
    from flask import Response
    from flask.blueprints import BlueprintSetupState

bp = Blueprint("api", __name__, url_prefix="/api")
ABOUT = {
    "title": "Anlaufstelle",
    "version": "1",
    "openapi_version": "3.1.0",
    "info": {
        "description": (
            "Inquiries to an advice centre: file, find, change and answer them. "
            "Errors are problem details (RFC 9457)."
        )
    },
}


class Description(Api):  # type: ignore[misc]  # flask-smorest has no types
    """flask-smorest's description without its error pages and its page of documentation."""

    ERROR_SCHEMA = schemas.ProblemOut

    def _register_error_handlers(self) -> None:
        """Leave errors to the application: it answers pages to people and problems to machines."""

    def _register_doc_blueprint(self) -> None:
        """Leave the document to the view below, which has a door like every other one."""

    def _register_responses(self) -> None:
        super()._register_responses()
        for answer in self.spec.components.responses_lazy.values():
            content = answer.get("content", {})
            if "application/json" in content:
                content[PROBLEM_TYPE] = content.pop("application/json")


@bp.record
def describe(state: BlueprintSetupState) -> None:
    """Add the views of version 1 to the application and to the document."""
    description = Description(state.app, spec_kwargs=ABOUT)
    description.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    description.register_blueprint(v1, url_prefix=f"{bp.url_prefix}/v1")


@bp.get("/openapi.json")
@open_to_all
def openapi() -> Response:
    """Show the description of the API."""
    description = current_app.extensions["flask-smorest"]["apis"][""]["ext_obj"]
    return jsonify(description.spec.to_dict())
