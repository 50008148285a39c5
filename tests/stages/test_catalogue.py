"""The operator loads the centre's catalogue: its words, its people, its rules."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from inquiries.accounts.models import Absence, Carrier, Centre, ClosingDay, FormerName, User
from inquiries.administration import catalogue, catalogue_file
from inquiries.casefile.models import Kind, RequesterGroup, Topic
from inquiries.classification.models import TopicExample, TopicWord
from inquiries.knowledge.models import TextModule
from inquiries.platform.db import Base
from inquiries.routing.models import RoutingRule

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DEFAULT = Path(__file__).parents[2] / "catalogues" / "zentrum-sozialer-zusammenhalt.toml"
SMALL = """\
examples = ["wasser.toml", "post.jsonl"]

[centre]
name = "Haus am Fluss"
short_name = "HAF"
answer_days = 3
fallback_carrier = "stadt"
[centre.texts]
intro = "Fragen Sie uns."

[[carriers]]
key = "stadt"
name = "Stadt am Fluss"
short_name = "Stadt"

[[staff]]
key = "adam"
name = "Ada Adam"
email = "Ada.Adam@example.org"
carrier = "stadt"
role = "coordinator"

[[staff]]
key = "berg"
name = "Bo Berg"
email = "bo.berg@example.org"
carrier = "stadt"

[[absences]]
person = "adam"
from = 2026-12-01
until = 2026-12-05
deputy = "berg"

[[closing_days]]
day = "12-24"
name = "Heiligabend"

[[closing_days]]
day = 2026-05-15
name = "Brückentag"

[[kinds]]
key = "rat"
name = "Rat"

[[requester_groups]]
key = "alle"
name = "Alle"

[[routing]]
topic = "wasser"
carrier = "stadt"
people = ["adam", "berg"]

[[text_modules]]
key = "dank"
title = "Dank"
body = "Vielen Dank."

[[topics]]
key = "wasser"
name = "Wasser"
description = "Alles, was fließt."
strong = ["Hochwasser"]
words = ["Pegel", "Fluss"]

[[topics]]
key = "land"
name = "Land"

[spam]
words = ["Gewinn"]
"""
BO_BERG = SMALL[SMALL.index('[[staff]]\nkey = "berg"') : SMALL.index("[[absences]]")]
EXAMPLES = '[[examples]]\ntext = "Der Pegel steigt."\n'
LINES = '{"subject": "Acker", "body": "Wem gehört er?", "topic": "land"}\n'


@pytest.fixture
def session(monkeypatch):
    trained = []
    monkeypatch.setattr(
        catalogue.classification,
        "train_from_catalogue",
        lambda _session, *, now: trained.append(now),
    )
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine, expire_on_commit=False) as opened:
        opened.info["trained"] = trained
        yield opened


@pytest.fixture
def load(session, tmp_path):
    """Load a variant of the small catalogue: the pairs are texts and what replaces them."""

    def loader(*changes, now=NOW):
        text = SMALL
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        path = tmp_path / "haus.toml"
        path.write_text(text, encoding="utf-8")
        (tmp_path / "wasser.toml").write_text(EXAMPLES, encoding="utf-8")
        (tmp_path / "post.jsonl").write_text(LINES, encoding="utf-8")
        done = catalogue.load(session, path, now=now)
        session.commit()
        return done

    return loader


def person(session, key):
    session.expire_all()
    return session.scalar(sa.select(User).where(User.key == key))


def test_a_catalogue_brings_everything_a_centre_needs(session, load):
    done = load()
    centre = session.scalar(sa.select(Centre))
    assert (done.changed, done.centre) == (True, "Haus am Fluss")
    assert (centre.short_name, centre.answer_days) == ("HAF", 3)
    assert centre.texts["intro"] == "Fragen Sie uns."
    assert session.get(Carrier, centre.fallback_carrier_id).key == "stadt"
    ada = person(session, "adam")
    assert (ada.email, ada.role, ada.active) == ("ada.adam@example.org", "coordinator", True)
    rule = session.scalar(sa.select(RoutingRule))
    assert (rule.topic_key, rule.people) == ("wasser", ["adam", "berg"])
    assert session.scalar(sa.select(TextModule.body)) == "Vielen Dank."
    assert session.scalars(sa.select(Topic.key).order_by(Topic.position)).all() == [
        "wasser",
        "land",
    ]
    assert session.scalar(sa.select(Kind.name)) == "Rat"
    assert session.scalar(sa.select(RequesterGroup.name)) == "Alle"
    words = {(row.topic_key, row.word, row.strong) for row in session.scalars(sa.select(TopicWord))}
    assert words == {
        ("wasser", "Hochwasser", True),
        ("wasser", "Pegel", False),
        ("wasser", "Fluss", False),
        ("spam", "Gewinn", False),
    }
    examples = {(row.topic_key, row.text) for row in session.scalars(sa.select(TopicExample))}
    assert examples == {("wasser", "Der Pegel steigt."), ("land", "Acker\n\nWem gehört er?")}
    assert session.info["trained"] == [NOW]


def test_loading_the_same_file_again_changes_nothing_but_offers_the_classifier_to_learn(
    session, load
):
    load()
    again = load()
    assert not again.changed
    assert session.info["trained"] == [NOW, NOW]  # a newer program may want another model


def test_a_changed_example_is_a_changed_catalogue(session, load, tmp_path):
    load()
    (tmp_path / "wasser.toml").write_text('[[examples]]\ntext = "Es taut."\n', encoding="utf-8")
    assert catalogue.load(session, tmp_path / "haus.toml", now=NOW).changed
    assert session.scalars(
        sa.select(TopicExample.text).where(TopicExample.topic_key == "wasser")
    ).all() == ["Es taut."]


def test_loading_a_small_change_keeps_all_numbers(session, load):
    def numbers():
        return {
            model: session.execute(sa.select(model.key, model.id)).all()
            for model in (Carrier, User, Topic, Kind, RequesterGroup, TextModule)
        }

    load()
    before = numbers()
    load(('"Rat"', '"Beratung"'))
    assert numbers() == before
    assert session.scalar(sa.select(Kind.name)) == "Beratung"


def test_a_colleague_who_marries_stays_the_same_person(session, load):
    load()
    number = person(session, "berg").id
    load(('"Bo Berg"', '"Bo Tal"'), ("bo.berg@", "bo.tal@"))
    bo = person(session, "berg")
    assert (bo.id, bo.name, bo.email) == (number, "Bo Tal", "bo.tal@example.org")
    former = session.scalars(sa.select(FormerName).where(FormerName.user_id == number)).all()
    assert {(row.name, row.email) for row in former} == {
        ("Bo Berg", ""),
        ("", "bo.berg@example.org"),
    }
    load(('"Bo Berg"', '"Bo Tal"'), ("bo.berg@", "bo.tal@"), ("Rat", "Tat"))
    assert len(session.scalars(sa.select(FormerName)).all()) == 2


def test_what_the_file_no_longer_has_is_switched_off_not_deleted(session, load):
    load()
    load(
        (BO_BERG, ""),
        ('deputy = "berg"', ""),
        ('["adam", "berg"]', '["adam"]'),
        ('[[topics]]\nkey = "land"\nname = "Land"\n', ""),
        ('"wasser.toml", "post.jsonl"', '"wasser.toml"'),
    )
    assert not person(session, "berg").active
    assert not session.scalar(sa.select(Topic).where(Topic.key == "land")).active


def test_people_of_a_demonstration_stay_beside_every_catalogue(session, load):
    load()
    carrier = session.scalar(sa.select(Carrier.id))
    session.add(User(key="demo-kim", email="kim@example.org", name="Kim", carrier_id=carrier))
    session.commit()
    load(("Rat", "Tat"))
    assert person(session, "demo-kim").active


def test_absences_that_people_entered_stay(session, load):
    load()
    bo = person(session, "berg")
    session.add(Absence(user_id=bo.id, first_day=date(2027, 1, 4), last_day=date(2027, 1, 5)))
    session.commit()
    load(("2026-12-05", "2026-12-07"))
    rows = session.scalars(sa.select(Absence).order_by(Absence.first_day)).all()
    assert [(row.last_day, row.from_catalogue) for row in rows] == [
        (date(2026, 12, 7), True),
        (date(2027, 1, 5), False),
    ]


def test_a_yearly_closing_day_is_entered_ahead_and_again_in_the_new_year(session, load):
    load()
    days = set(session.scalars(sa.select(ClosingDay.day)))
    assert {date(2026, 12, 24), date(2031, 12, 24), date(2026, 5, 15)} <= days
    assert date(2032, 12, 24) not in days
    assert load(now=datetime(2027, 1, 1, tzinfo=UTC)).changed
    assert date(2032, 12, 24) in set(session.scalars(sa.select(ClosingDay.day)))


def test_everything_that_is_wrong_is_named_at_once_with_its_line(session, load):
    with pytest.raises(catalogue_file.WrongCatalogue) as caught:
        load(
            ('carrier = "stadt"\npeople = ["adam", "berg"]', 'carrier = "statd"\npeople = ["eva"]'),
            ("until = 2026-12-05", "until = 2026-11-05"),
            ('role = "coordinator"', 'role = "chef"'),
            ("bo.berg@example.org", "bo.berg"),
            ("answer_days = 3", "answer_days = 0"),
            ('title = "Dank"', 'titel = "Dank"'),
            ('words = ["Pegel", "Fluss"]', 'words = ["Pegel", "Hochwasser"]'),
        )
    message = str(caught.value)
    for part in (
        "haus.toml, line 51, [[routing]] no. 1: carrier „statd“ is not among [[carriers]]",
        "did you mean „stadt“?",
        "people: „eva“ is not among [[staff]]",
        "[[absences]] no. 1 („adam“): until 2026-11-05 lies before from 2026-12-01",
        "[[staff]] no. 1 („adam“): role „chef“",
        "[[staff]] no. 2 („berg“): email „bo.berg“ is not a mail address",
        "[centre]: answer_days must be a whole number from 1 to 60",
        "unknown field „titel“, did you mean „title“?",
        "title is missing",
        "the word „Hochwasser“ stands twice",
    ):
        assert part in message, part
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(User)) == 0


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("[[topics]]", "[[topics", "haus.toml: "),
        ('"post.jsonl"', '"fehlt.jsonl"', "file fehlt.jsonl is missing"),
        ('short_name = "HAF"', 'short_name = "H A"', "2 to 10 capital letters"),
        ('fallback_carrier = "stadt"', "", "fallback_carrier is missing"),
        ('key = "berg"', 'key = "adam"', "stands in more than one entry"),
        ('key = "rat"', 'key = "R Ä T"', "small letters, digits and hyphens"),
        ("[[kinds]]", "[[kindes]]", "[kindes]: unknown table"),
        ('day = "12-24"', 'day = "13-24"', "is no day of a year"),
        ('day = "12-24"', 'day = "bald"', "day must be a day"),
        ('deputy = "berg"', 'deputy = "adam"', "nobody stands in for herself"),
        ('body = "Vielen Dank."', "body = 7", "body must be a text"),
        ("bo.berg@", "ada.adam@", "two people have the address"),
        ('key = "land"', 'key = "lande"', "post.jsonl no. 1: topic „land“"),
        ("[[carriers]]", "[carriers]", "write [[carriers]], with two brackets"),
    ],
)
def test_a_single_mistake_is_named(load, old, new, complaint):
    with pytest.raises(catalogue_file.WrongCatalogue) as caught:
        load((old, new))
    assert complaint in str(caught.value)


def test_the_default_catalogue_is_complete():
    centre = catalogue_file.read(DEFAULT)
    assert [topic.key for topic in centre.topics] == [
        "beteiligung",
        "quartiersmanagement",
        "gemeinwesenarbeit",
        "jugendhilfe",
        "beschaeftigung",
        "foerderung",
        "sonstiges",
    ]
    assert [person.name for person in centre.staff] == ["Lara Lebriez", "Mirjam Roth"]
    assert centre.staff[0].former_names == ("Lara Line Schüller",)
    assert len(centre.kinds) == 7
    assert {rule.topic for rule in centre.routing} == {topic.key for topic in centre.topics}
    assert {"intro", "next_steps", "outside", "imprint", "privacy", "accessibility"} <= set(
        centre.centre.texts
    )
    labels = {topic for topic, _ in centre.examples}
    assert labels == {*(topic.key for topic in centre.topics), "spam"}
