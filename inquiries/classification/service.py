"""The classifier as the other stages use it: judge a message, train from the catalogue."""

from __future__ import annotations

import hashlib
import json
import typing as t
from dataclasses import dataclass

import sqlalchemy as sa
import structlog

from inquiries.accounts.models import Centre
from inquiries.casefile.models import Topic
from inquiries.classification.engine import SPAM, Alternative, Engine, FastEngine, Verdict
from inquiries.classification.examples import Example, from_text
from inquiries.classification.features import name_phrases
from inquiries.classification.models import ClassifierModel, TopicExample, TopicWord
from inquiries.classification.prior import WordList

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from inquiries.classification.features import Phrase

log = structlog.get_logger()

__all__ = ["CONFIDENCE_TO_DECIDE", "Alternative", "Engine", "Verdict"]

CONFIDENCE_TO_DECIDE = 0.7
"""Below it nothing is guessed: a person sorts the inquiry. docs/classifier.md says why 0.7."""

_METHOD = "words+grams/3"
"""Changes whenever training would give another model from the same rows."""

_in_force: dict[tuple[int, str], Engine] = {}
"""The engine of the newest model row, by its id and fingerprint (an id may come again after a
restore); one at a time, for a model has some megabytes."""


@dataclass(frozen=True)
class Knowledge:
    """All that the catalogue says about topics."""

    topics: tuple[str, ...]
    lists: Mapping[str, WordList]
    examples: tuple[Example, ...]
    ignored: tuple[Phrase, ...]

    def fingerprint(self) -> str:
        """Return a mark that changes when anything is added, taken away or changed."""
        said = [
            _METHOD,
            self.topics,
            sorted((key, e.strong, e.words, e.description) for key, e in self.lists.items()),
            sorted(self.examples),
            self.ignored,
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


@dataclass(frozen=True)
class Training:
    """What a training came to."""

    trained: bool
    fingerprint: str
    topics: int
    examples: int


def judge(session: Session, subject: str, body: str, *, organisation: str = "") -> Verdict:
    """Say what a message is about, how sure that is, and which words decided."""
    return current_engine(session).judge(subject, body, organisation=organisation)


def current_engine(session: Session) -> Engine:
    """Return the engine of the newest model; before the first training, one of words alone."""
    newest = session.execute(
        sa.select(ClassifierModel.id, ClassifierModel.fingerprint)
        .order_by(ClassifierModel.id.desc())
        .limit(1)
    ).first()
    if newest is None:
        return _of_words_alone(session)
    key = (newest.id, newest.fingerprint)
    engine = _in_force.get(key)
    if engine is None:
        blob = session.scalars(
            sa.select(ClassifierModel.blob).where(ClassifierModel.id == newest.id)
        ).one()
        try:
            engine = FastEngine.from_bytes(blob)
        except ValueError as error:
            # Of another version of the program: inquiries must come in before it is retrained.
            log.warning("classifier model cannot be read", model=newest.id, reason=str(error))
            engine = _of_words_alone(session)
        _in_force.clear()
        _in_force[key] = engine
    return engine


def _of_words_alone(session: Session) -> FastEngine:
    knowledge = read_catalogue(session)
    return FastEngine(knowledge.topics, knowledge.lists, ignored=knowledge.ignored)


def train_from_catalogue(session: Session, *, now: datetime) -> Training:
    """Train from the catalogue's rows and put the model in force, unless nothing has changed."""
    knowledge = read_catalogue(session)
    mark = knowledge.fingerprint()
    done = Training(
        trained=False,
        fingerprint=mark,
        topics=len(knowledge.topics),
        examples=len(knowledge.examples),
    )
    newest = session.scalar(
        sa.select(ClassifierModel.fingerprint).order_by(ClassifierModel.id.desc()).limit(1)
    )
    if newest == mark:
        return done
    engine = train(knowledge.examples, knowledge)
    session.add(
        ClassifierModel(
            engine=engine.name,
            fingerprint=mark,
            trained_at=now,
            figures={"examples": done.examples, "balance": vars(engine.balance)},
            blob=engine.to_bytes(),
        )
    )
    session.flush()
    return Training(**{**vars(done), "trained": True})


def train(
    examples: Sequence[Example], knowledge: Knowledge, *, topics: Sequence[str] | None = None
) -> FastEngine:
    """Return an engine trained on these examples beside the catalogue's words.

    Args:
        examples: messages with their topics.
        knowledge: where word lists and names come from.
        topics: keys to judge by; None: those of the catalogue.
    """
    # Training needs scikit-learn (75 MB, a second); the web processes never train.
    from inquiries.classification import training  # noqa: PLC0415 - see the line above

    return training.train(
        examples,
        knowledge.lists,
        topics=knowledge.topics if topics is None else topics,
        ignored=knowledge.ignored,
    )


def read_catalogue(session: Session) -> Knowledge:
    """Return what the catalogue's rows say; topics that are switched off are not judged."""
    names = {
        topic.key: f"{topic.name}. {topic.description}"
        for topic in session.scalars(
            sa.select(Topic).where(Topic.active).order_by(Topic.position, Topic.key)
        )
    }
    words: dict[str, tuple[list[str], list[str]]] = {key: ([], []) for key in (*names, SPAM)}
    rows = sa.select(TopicWord.topic_key, TopicWord.word, TopicWord.strong)
    for key, word, strong in session.execute(rows.order_by(TopicWord.topic_key, TopicWord.word)):
        if key in words:
            words[key][0 if strong else 1].append(word)
    examples = session.scalars(
        sa.select(TopicExample).order_by(TopicExample.topic_key, TopicExample.id)
    )
    centre = session.scalar(sa.select(Centre.name)) or ""
    return Knowledge(
        topics=tuple(words),
        lists={
            key: WordList(tuple(strong), tuple(weak), names.get(key, ""))
            for key, (strong, weak) in words.items()
        },
        examples=tuple(from_text(row.text, row.topic_key) for row in examples),
        ignored=tuple(name_phrases(centre)),
    )
