"""The operator takes over the official register; the form finds what people type.

The files here are made for the test in the two known forms; the register itself is not kept with
the product.
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from inquiries.accounts import municipalities, register
from inquiries.accounts.models import Municipality

TODAY = date(2026, 11, 23)
NEW_DAY = date(2026, 5, 31)
OLD_DAY = date(2025, 11, 30)
CHANGES = """\
old_ags,old_name,new_ags,new_name,valid_from,kind
06635005,Bromskirchen,06635001,Allendorf (Eder),2023-01-01,merged into
06435014,"Hanau, Brüder-Grimm-Stadt",06415000,"Hanau, Brüder-Grimm-Stadt",2026-01-01,key change
"""
TOWNS = [
    ("06412000", "Frankfurt am Main, Stadt", "Frankfurt am Main", "60311"),
    ("06415000", "Hanau, Brüder-Grimm-Stadt", "Hanau", "63450"),
    ("06433009", "Nauheim", "Landkreis Groß-Gerau", "64569"),
    ("06434001", "Bad Homburg v. d. Höhe, Stadt", "Hochtaunuskreis", "61343"),
    ("06440002", "Bad Nauheim, Stadt", "Wetteraukreis", "61231"),
    ("06531005", "Gießen, Universitätsstadt", "Landkreis Gießen", "35390"),
    ("06531006", "Grünberg, Stadt", "Landkreis Gießen", "35305"),
    ("06533009", "Limburg a. d. Lahn, Kreisstadt", "Landkreis Limburg-Weilburg", "65549"),
    ("06534018", "Stadtallendorf, Stadt", "Landkreis Marburg-Biedenkopf", "35260"),
    ("06535009", "Homberg (Ohm), Stadt", "Vogelsbergkreis", "35315"),
    ("06631006", "Ehrenberg (Rhön)", "Landkreis Fulda", "36115"),
    ("06631012", "Hilders, Marktflecken", "Landkreis Fulda", "36115"),
    ("06634009", "Homberg (Efze), Reformationsstadt, Kreisstadt", "Schwalm-Eder-Kreis", "34576"),
    ("06635001", "Allendorf (Eder)", "Landkreis Waldeck-Frankenberg", "35108"),
]


def csv_file(towns):
    lines = ["ags,ars,name,name_short,kind,district_ags,district_name,plz"]
    for ags, name, district, postcode in towns:
        lines.append(f'{ags},,"{name}",,,{ags[:5]},{district},{postcode}')
    return "\n".join(lines) + "\n"


def fixed_width_file(day, districts, towns):
    """Make the lines of GV100AD: one for each district (40) and each municipality (60)."""
    stamp = day.strftime("%Y%m%d")
    lines = [f"10{stamp}06          {'Hessen':<50}{'Wiesbaden':<50}"]
    for key, name, mark in districts:
        lines.append(f"40{stamp}{key:<12}{name:<50}{'':<50}{mark}".ljust(220))
    for key, name, mark, postcode in towns:
        figures = f"{5673:011d}{96326:011d}{47651:011d}"
        start = f"60{stamp}{key}0000{name:<50}{'':<50}{mark}    {figures}    {postcode}*****"
        lines.append(start.ljust(220))
    return "\n".join(lines) + "\n"


@pytest.fixture
def session():
    engine = sa.create_engine("sqlite://")
    Municipality.__table__.create(engine)
    with Session(engine) as opened:
        yield opened


@pytest.fixture
def write(tmp_path):
    def writer(name, text, encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return writer


@pytest.fixture
def hessen(session, write):
    found = register.read(write("hessen.csv", csv_file(TOWNS)), "06")
    changes = register.read_changes(write("changes.csv", CHANGES))
    municipalities.take_over(session, found, changes, as_of=NEW_DAY, state="06")
    return session


@pytest.mark.parametrize(
    ("typed", "ags"),
    [
        ("Gießen", "06531005"),
        ("giessen", "06531005"),
        ("GIESSEN", "06531005"),
        ("Gru\u0308nberg", "06531006"),
        ("Gießen, Universitätsstadt", "06531005"),
        ("Stadt Gießen", "06531005"),
        ("Magistrat der Universitätsstadt Gießen", "06531005"),
        ("35390", "06531005"),
        ("35390 Gießen", "06531005"),
        ("06531005", "06531005"),
        ("Gruenberg", "06531006"),
        ("grunberg", "06531006"),
        ("Limburg", "06533009"),
        ("Limburg an der Lahn", "06533009"),
        ("Limburg/Lahn", "06533009"),
        ("Frankfurt", "06412000"),
        ("Frankfurt (Main)", "06412000"),
        ("Homburg", "06434001"),
        ("Bad Homburg", "06434001"),
        ("Nauheim", "06433009"),
        ("Stadtallendorf", "06534018"),
        ("Stadtverwaltung Stadtallendorf", "06534018"),
    ],
)
def test_a_municipality_is_found_however_people_write_it(hessen, typed, ags):
    assert municipalities.find(hessen, typed, TODAY).ags == ags


@pytest.mark.parametrize("typed", ["Homberg", "36115", "Atlantis", "", "   ", "%", "|", "99999999"])
def test_what_is_ambiguous_or_unknown_is_not_guessed(hessen, typed):
    assert municipalities.find(hessen, typed, TODAY) is None


def test_hanau_has_its_old_key_until_2025_and_its_new_one_since(hessen):
    assert municipalities.find(hessen, "Hanau", date(2025, 12, 31)).ags == "06435014"
    assert municipalities.find(hessen, "Hanau", date(2026, 1, 1)).ags == "06415000"
    assert municipalities.find(hessen, "06435014", date(2026, 1, 1)).ags == "06415000"


def test_a_merged_municipality_is_known_for_its_own_time_only(hessen):
    before = municipalities.find(hessen, "Bromskirchen", date(2022, 12, 31))
    assert (before.ags, before.district) == ("06635005", "Landkreis Waldeck-Frankenberg")
    assert municipalities.find(hessen, "Bromskirchen", date(2023, 1, 1)) is None
    assert municipalities.find(hessen, "Allendorf", date(2022, 1, 1)).ags == "06635001"


def test_the_form_offers_only_what_is_valid_today(hessen):
    offered = municipalities.options(hessen, TODAY)
    assert len(offered) == len(TOWNS)
    giessen = next(option for option in offered if option.short_name == "Gießen")
    assert giessen.district == "Landkreis Gießen"
    assert giessen.postcode == "35390"
    assert "giessen" in giessen.search
    assert [option.short_name for option in offered][:2] == [
        "Allendorf (Eder)",
        "Bad Homburg v. d. Höhe",
    ]


def test_importing_twice_changes_nothing(hessen, session, write):
    def everything():
        return [
            tuple(row)
            for row in session.execute(sa.select(Municipality.__table__).order_by(Municipality.id))
        ]

    before = everything()
    found = register.read(write("again.csv", csv_file(TOWNS)), "06")
    changes = register.read_changes(write("changes.csv", CHANGES))
    done = municipalities.take_over(session, found, changes, as_of=NEW_DAY, state="06")
    assert (done.added, done.renamed, done.ended) == (0, 0, 0)
    assert everything() == before


DISTRICTS = [
    ("06415", "Hanau, Brüder-Grimm-Stadt", "41"),
    ("06435", "Main-Kinzig-Kreis", "44"),
    ("06531", "Gießen", "44"),
]


def test_the_official_file_is_read_by_its_positions(session, write):
    text = fixed_width_file(
        NEW_DAY,
        DISTRICTS,
        [
            ("06415000", "Hanau, Brüder-Grimm-Stadt", "61", "63450"),
            ("06435001", "Bad Orb, Stadt", "63", "63619"),
            ("06435200", "Gutsbezirk Spessart", "66", "     "),
            ("06531005", "Gießen, Universitätsstadt", "63", "35390"),
            ("01001000", "Flensburg, Stadt", "61", "24937"),
        ],
    )
    found = register.read(write("GV100AD_31052026.txt", text), "06")
    assert found.as_of == NEW_DAY
    municipalities.take_over(session, found, as_of=NEW_DAY, state="06")
    rows = [
        (option.short_name, option.district, option.postcode)
        for option in municipalities.options(session, TODAY)
    ]
    assert rows == [
        ("Bad Orb", "Main-Kinzig-Kreis", "63619"),
        ("Gießen", "Landkreis Gießen", "35390"),
        ("Hanau", "Hanau", "63450"),
    ]


def test_an_older_file_in_latin_1_is_understood(write):
    text = fixed_width_file(OLD_DAY, DISTRICTS, [("06531005", "Gießen", "63", "35390")])
    found = register.read(write("old.txt", text, "iso-8859-1"), "06")
    assert found.entries[0].name == "Gießen"


def test_a_later_file_ends_keys_that_are_gone_and_begins_new_ones(session, write):
    old = fixed_width_file(OLD_DAY, DISTRICTS, [("06435014", "Hanau, Stadt", "63", "63450")])
    new = fixed_width_file(NEW_DAY, DISTRICTS, [("06415000", "Hanau, Stadt", "61", "63450")])
    for name, text, day in (("old.txt", old, OLD_DAY), ("new.txt", new, NEW_DAY)):
        found = register.read(write(name, text), "06")
        municipalities.take_over(session, found, as_of=day, state="06")
    assert municipalities.find(session, "Hanau", date(2026, 5, 30)).ags == "06435014"
    assert municipalities.find(session, "Hanau", NEW_DAY).ags == "06415000"
    changes = register.read_changes(write("changes.csv", CHANGES))
    municipalities.take_over(session, found, changes, as_of=NEW_DAY, state="06")
    assert municipalities.find(session, "Hanau", date(2025, 12, 31)).ags == "06435014"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Das ist kein Verzeichnis.\n", "neither GV100AD nor a CSV"),
        ("ags,name\n06531005,Gießen\n", "column district_name, plz is missing"),
        ("ags,name,district_name,plz\n6531005,Gießen,,35390\n", "line 2: „6531005“"),
        ("ags,name,district_name,plz\n", "no municipality"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(write, text, complaint):
    with pytest.raises(register.WrongRegister, match=complaint):
        register.read(write("wrong.csv", text), "06")


def test_a_wrong_date_in_the_changes_is_refused_with_its_line(write):
    text = "old_ags,old_name,new_ags,valid_from,kind\n06635005,B,06635001,1.1.2023,merged\n"
    with pytest.raises(register.WrongRegister, match="line 2: valid_from"):
        register.read_changes(write("changes.csv", text))
