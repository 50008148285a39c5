"""Full-text search over everything in a file, umlaut-tolerant and by stems.

Words are normalised in Python (platform.text.search_words), the same for what is stored and for
what is looked up, so that both databases find the same and no extension is needed. PostgreSQL
keeps them in a tsvector under a GIN index, SQLite in an FTS5 table; migrations create both.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from inquiries.casefile.models import Inquiry
from inquiries.platform.text import query_words, search_words

if t.TYPE_CHECKING:
    from sqlalchemy.orm import Session

FEW = 500
"""Up to here hits are fetched and sorted; beyond, the list is walked in its order.

PostgreSQL would otherwise walk the whole list backwards for a rare word.
"""


def index(session: Session, inquiry_id: int, *texts: str) -> None:
    """Make a new file findable by these texts."""
    session.execute(
        sa.text(f"INSERT INTO inquiry_search ({_key(session)}, words) VALUES (:id, :words)"),
        {"id": inquiry_id, "words": search_words("\n".join(texts))},
    )


def append(session: Session, inquiry_id: int, text: str) -> None:
    """Make a file findable by what was added to it."""
    session.execute(
        sa.text(
            f"UPDATE inquiry_search SET words = words || ' ' || :words"
            f" WHERE {_key(session)} = :id"
        ),
        {"id": inquiry_id, "words": search_words(text)},
    )


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _key(session: Session) -> str:
    return "rowid" if _is_sqlite(session) else "inquiry_id"


def _condition(session: Session, words: list[str]) -> sa.TextClause:
    """Every word must occur, each as the beginning of a stored stem."""
    if _is_sqlite(session):
        wanted = " AND ".join(f'"{word}"*' for word in words)
        return sa.text("inquiry_search MATCH :wanted").bindparams(wanted=wanted)
    wanted = " & ".join(f"'{word}':*" for word in words)
    return sa.text("terms @@ to_tsquery('simple', :wanted)").bindparams(wanted=wanted)


def matching(session: Session, typed: str) -> tuple[sa.ColumnElement[bool], int | None]:
    """Return a condition on `Inquiry` for what was typed, and the number of hits if it is small.

    The number counts all hits, whoever may see them: it is not to be shown as it is.
    """
    words = query_words(typed)
    if not words:
        return sa.false(), 0
    key: sa.ColumnClause[int] = sa.column(_key(session))
    hits = sa.select(key).select_from(sa.table("inquiry_search")).where(_condition(session, words))
    few = session.scalars(hits.limit(FEW + 1)).all()
    if len(few) <= FEW:
        return Inquiry.id.in_(few), len(few)
    walked = hits.where(key == Inquiry.id).correlate(Inquiry)
    return walked.exists(), None
