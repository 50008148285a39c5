"""Text comes in as UTF-8, or it is refused: half-read umlauts would be kept for ever."""

from __future__ import annotations

import typing as t
from urllib.parse import unquote_to_bytes

from flask import request

from inquiries.platform import Refused

if t.TYPE_CHECKING:
    from flask import Flask

URL_ENCODED = "application/x-www-form-urlencoded"
SENTENCE = (
    "Ihr Text ist nicht in der Zeichenkodierung UTF-8 angekommen, Umlaute wären verloren gegangen. "
    "Es ist nichts gespeichert. Bitte gehen Sie zurück und senden Sie das Formular noch einmal."
)


def install(app: Flask) -> None:
    """Look at every form before it is read; to be installed before whatever reads forms.

    Werkzeug keeps what it cannot decode as `%FC`, which nobody could tell from typed text later.
    (In multipart forms it puts a replacement sign, which `BaseForm` finds.)
    """

    @app.before_request
    def refuse_other_encodings() -> None:
        if request.mimetype != URL_ENCODED or request.method != "POST":
            return
        if (request.content_length or 0) > app.config["MAX_FORM_MEMORY_SIZE"]:
            return  # refused by its size
        try:
            unquote_to_bytes(request.get_data().replace(b"+", b" ")).decode("utf-8")
        except UnicodeDecodeError:
            raise Refused(SENTENCE, status=400) from None
