"""What the classifier knows: words, example questions, and the models trained from them."""

from __future__ import annotations

import typing as t
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from inquiries.platform.db import Base


class TopicWord(Base):
    """A word that speaks for a topic; a strong one is enough by itself."""

    __tablename__ = "topic_word"
    __table_args__ = (sa.UniqueConstraint("topic_key", "word"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    topic_key: Mapped[str] = mapped_column(doc="Key of a topic, or „spam“.")
    word: Mapped[str]
    strong: Mapped[bool] = mapped_column(default=False)


class TopicExample(Base):
    """A question as somebody might write it, with its right label."""

    __tablename__ = "topic_example"

    id: Mapped[int] = mapped_column(primary_key=True)
    topic_key: Mapped[str] = mapped_column(index=True, doc="Key of a topic, or „spam“.")
    text: Mapped[str]


class ClassifierModel(Base):
    """A trained model; the newest row is in force."""

    __tablename__ = "classifier_model"

    id: Mapped[int] = mapped_column(primary_key=True)
    engine: Mapped[str]
    fingerprint: Mapped[str] = mapped_column(doc="Of all that it was trained from.")
    trained_at: Mapped[datetime]
    figures: Mapped[dict[str, t.Any]] = mapped_column(default=dict)
    blob: Mapped[bytes] = mapped_column(deferred=True)
