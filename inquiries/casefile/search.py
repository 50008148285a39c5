"""Full-text search over everything in a file, umlaut-tolerant and by stems.

Words are normalised in Python (platform.text.search_words), the same for what is stored and for
what is looked up, so that both databases find the same and no extension is needed. PostgreSQL
keeps them in a tsvector under a GIN index, SQLite in an FTS5 table; migrations create both.
"""

from __future__ import annotations

import json
import typing as t

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from inquiries.casefile.models import Inquiry
from inquiries.platform.text import query_words, search_words

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

FEW = 500
"""Up to here hits are fetched and sorted; beyond, the list is walked in its order.

PostgreSQL would otherwise walk the whole list backwards for a rare word.
"""
MOST_WORDS = 12
"""Words of a search that count; a whole page of text makes no better search than its beginning."""

MOST_TEXT = 200_000
"""Signs of a file that can be found. PostgreSQL refuses more than a megabyte of words, and so would
refuse any further message: whoever writes long letters must not be able to close a file."""

ADDED = "words = substr(words || ' ' || :words, 1, :most)"


class Hits(t.NamedTuple):
    """A condition on `Inquiry`, and for how many files it holds; None: for more than `FEW`.

    The number counts all of them, whoever may see them: it is not to be shown as it is.
    """

    condition: sa.ColumnElement[bool]
    number: int | None


def index(session: Session, inquiry_id: int, *texts: str) -> None:
    """Make a new file findable by these texts."""
    session.execute(
        sa.text(f"INSERT INTO inquiry_search ({_key(session)}, words) VALUES (:id, :words)"),  # noqa: S608 - one of two names of ours
        {"id": inquiry_id, "words": search_words("\n".join(texts))},
    )


def append(session: Session, inquiry_id: int, text: str) -> None:
    """Make a file findable by what was added to it."""
    session.execute(
        sa.text(
            f"UPDATE inquiry_search SET {ADDED} WHERE {_key(session)} = :id"  # noqa: S608 - words of ours
        ),
        {"id": inquiry_id, "words": search_words(text), "most": MOST_TEXT},
    )


def matching(session: Session, typed: str) -> Hits:
    """Return the condition for files in which all typed words occur, as beginnings of words."""
    words = query_words(typed)[:MOST_WORDS]
    if not words:
        return Hits(sa.false(), 0)
    hits = with_words(session, words)
    if not _is_sqlite(session):
        # The planner takes unpacking a tsvector for free and would rather read the whole table
        # than the index: ten times as dear for a common word. The setting ends with this reading.
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))
    few = session.scalars(hits.limit(FEW + 1)).all()
    if len(few) <= FEW:
        # As one value, so that the statement is the same for three hits and for three hundred.
        return Hits(_one_of(session, few), len(few))
    if _is_sqlite(session):
        # FTS5 counts and lists thousands of hits in a moment, but a look-up of one file is dear: so
        # the hits are gathered once. The plus keeps the list on its own order.
        walked: sa.ColumnElement[int] = sa.literal_column("+inquiry.id")
        return Hits(walked.in_(hits), None)
    key = hits.selected_columns[0]
    return Hits(hits.where(key == Inquiry.id).correlate(Inquiry).exists(), None)


def with_words(session: Session, words: Sequence[str], *, every: bool = True) -> sa.Select[int]:
    """Return the ids of files in which every word occurs, or any of them.

    Args:
        session: tells which database it is.
        words: as `query_words` returns them; they hold letters and digits only.
        every: False: one of the words is enough, and it must occur whole.
    """
    key: sa.ColumnClause[int] = sa.column(_key(session), sa.Integer)
    found = sa.select(key).select_from(sa.table("inquiry_search", key))
    if _is_sqlite(session):
        wanted = " AND ".join(f'"{word}"*' for word in words)
        if not every:
            wanted = " OR ".join(f'"{word}"' for word in words)
        return found.where(sa.literal_column("inquiry_search").op("MATCH")(wanted))
    wanted = " & ".join(f"'{word}':*" for word in words)
    if not every:
        wanted = " | ".join(f"'{word}'" for word in words)
    # Written into the statement: the planner has to see which word it is, a rare or a common one.
    literal = sa.bindparam(None, wanted, sa.String, literal_execute=True)
    query = sa.func.to_tsquery(sa.literal_column("'simple'"), literal)
    return found.where(sa.literal_column("terms").op("@@")(query))


def _one_of(session: Session, ids: Sequence[int]) -> sa.ColumnElement[bool]:
    if _is_sqlite(session):
        listed = sa.func.json_each(json.dumps(list(ids))).table_valued("value")
        return Inquiry.id.in_(sa.select(listed.c.value))
    return Inquiry.id == sa.any_(sa.literal(list(ids), ARRAY(sa.Integer)))


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _key(session: Session) -> str:
    return "rowid" if _is_sqlite(session) else "inquiry_id"
