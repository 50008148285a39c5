"""Who takes care of an inquiry, told as the centre would tell it."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inquiries.routing.rules import Absence, Decision, Facts, Person, Rule, choose, deputy_chain

if t.TYPE_CHECKING:
    import random

TODAY = date(2026, 11, 23)
FRIDAY = date(2026, 11, 27)
LARA, MIRJAM, NURAY, GRASS = 1, 2, 3, 7

PEOPLE = {
    LARA: Person(LARA, "Lara Lebriez", "lag"),
    MIRJAM: Person(MIRJAM, "Mirjam Roth", "lag"),
    NURAY: Person(NURAY, "Nuray Demir", "lag"),
    GRASS: Person(GRASS, "Christoph Graß", "ha"),
}
RULES = (
    Rule(position=10, topic="foerderung", carrier="ha"),
    Rule(position=20, topic="sonstiges", carrier="lag"),
    Rule(position=30, topic="quartiersmanagement", carrier="lag", people=(LARA, MIRJAM)),
)
QUESTION = Facts(
    topic="quartiersmanagement",
    topic_name="Quartiersmanagement",
    municipality="06531005",
    municipality_name="Gießen",
    people=PEOPLE,
    fallback_carrier="lag",
    carrier_names={"lag": "LAG Soziale Brennpunkte Hessen", "ha": "Hessen Agentur"},
)


def away(person: int, deputy: int | None = None, last_day: date = FRIDAY) -> Absence:
    return Absence(person, TODAY - timedelta(days=3), last_day, deputy)


def decide(*absences: Absence, rules: tuple[Rule, ...] = RULES, **changes: object) -> Decision:
    return choose(rules, replace(QUESTION, **changes), absences, TODAY)


class TestWhoGetsIt:
    def test_an_unclear_topic_waits_for_a_person_to_look_at_it(self) -> None:
        assert decide(topic=None) == Decision(
            "lag",
            None,
            (
                "Das Themenfeld ist unklar; das entscheidet ein Mensch.",
                "Die Anfrage liegt im Eingangskorb: LAG Soziale Brennpunkte Hessen.",
            ),
            None,
        )

    def test_an_unclear_topic_goes_to_nobody_even_if_somebody_is_named(self) -> None:
        decision = decide(topic=None, addressed_to=MIRJAM, former_advisor=LARA)
        assert decision.person is None
        assert decision.because[0] == "Die Nachricht nennt Mirjam Roth."

    def test_the_partner_distributes_questions_about_funding_itself(self) -> None:
        decision = decide(topic="foerderung", topic_name="Städtebauförderung und Förderrecht")
        assert (decision.carrier, decision.person, decision.rule) == ("ha", None, 10)
        assert decision.because == (
            "Anfragen zu „Städtebauförderung und Förderrecht“ verteilt der Träger selbst.",
            "Die Anfrage liegt im Eingangskorb: Hessen Agentur.",
        )

    def test_the_colleague_named_in_the_message_comes_first(self) -> None:
        decision = decide(
            addressed_to=MIRJAM, former_advisor=LARA, open_cases={MIRJAM: 40, LARA: 0}
        )
        assert decision.person == MIRJAM
        assert decision.because == ("Mirjam Roth ist in der Nachricht genannt.",)

    def test_then_the_one_who_knows_the_town(self) -> None:
        decision = decide(former_advisor=LARA, open_cases={LARA: 9})
        assert decision.person == LARA
        assert decision.because == ("Lara Lebriez hat Gießen zuletzt beraten.",)

    def test_then_the_one_with_fewer_open_inquiries(self) -> None:
        decision = decide(open_cases={LARA: 5, MIRJAM: 3})
        assert decision.person == MIRJAM
        assert decision.because == (
            "Beide beraten das Thema; Mirjam Roth hat weniger offene Anfragen (3 statt 5).",
        )

    def test_equal_numbers_are_decided_in_a_fixed_order(self) -> None:
        decision = decide(open_cases={LARA: 2, MIRJAM: 2})
        assert decision.person == LARA
        assert decision.because == (
            (
                "Beide beraten das Thema; Lara Lebriez und Mirjam Roth haben gleich wenige offene "
                "Anfragen (2); bei Gleichstand gilt die feste Reihenfolge: Lara Lebriez."
            ),
        )

    def test_three_share_a_topic(self) -> None:
        rule = Rule(position=1, carrier="lag", people=(NURAY, LARA, MIRJAM))
        decision = decide(rules=(rule,), open_cases={LARA: 5, MIRJAM: 3, NURAY: 1})
        assert decision.person == NURAY
        assert decision.because == (
            "Drei Personen beraten das Thema; Nuray Demir hat die wenigsten offenen Anfragen (1).",
        )

    def test_one_alone_for_a_topic(self) -> None:
        rule = Rule(position=1, carrier="lag", people=(LARA,))
        decision = decide(rules=(rule,))
        assert decision.because == ("Lara Lebriez berät „Quartiersmanagement“.",)

    def test_a_colleague_of_another_topic_is_named_but_does_not_get_it(self) -> None:
        decision = decide(addressed_to=GRASS)
        assert decision.person in (LARA, MIRJAM)
        assert decision.because[0] == (
            "Die Nachricht nennt Christoph Graß; für das Thema sind andere zuständig."
        )

    def test_a_colleague_who_has_left_gets_nothing_however_she_is_wanted(self) -> None:
        people = PEOPLE | {LARA: replace(PEOPLE[LARA], active=False)}
        decision = decide(people=people, addressed_to=LARA, former_advisor=LARA)
        assert decision.person == MIRJAM
        assert decision.because[0] == (
            "Die Nachricht nennt Lara Lebriez; dorthin gehen keine Anfragen mehr."
        )

    def test_a_person_whom_nobody_knows_is_passed_over(self) -> None:
        rule = Rule(position=1, carrier="lag", people=(99, MIRJAM))
        assert decide(rules=(rule,), addressed_to=98, former_advisor=97).person == MIRJAM


class TestRules:
    def test_the_first_row_that_fits_decides_wherever_it_stands_in_the_list(self) -> None:
        special = Rule(position=5, kind="moderation", carrier="lag", people=(NURAY,))
        decision = decide(rules=(*RULES, special), kind="moderation", kind_name="Moderation")
        assert (decision.person, decision.rule) == (NURAY, 5)
        assert decision.because[0] == (
            "Für die Art des Anliegens „Moderation“ gilt eine eigene Regel."
        )
        assert decide(rules=(*RULES, special), kind="beratung").rule == 30

    def test_a_town_and_a_group_may_have_their_own_row(self) -> None:
        special = Rule(
            position=5,
            municipality="06531005",
            requester_group="land",
            carrier="ha",
            people=(GRASS,),
        )
        decision = decide(
            rules=(special, *RULES), requester_group="land", requester_group_name="Landesebene"
        )
        assert (decision.carrier, decision.person) == ("ha", GRASS)
        assert (
            decision.because[0] == "Für die Gruppe „Landesebene“ und Gießen gilt eine eigene Regel."
        )
        assert decide(rules=(special, *RULES), requester_group="kommune").rule == 30
        elsewhere = decide(rules=(special, *RULES), requester_group="land", municipality="06412000")
        assert elsewhere.rule == 30

    def test_two_rows_of_one_position_do_not_take_turns(self) -> None:
        one = Rule(position=1, carrier="lag", people=(LARA,))
        other = Rule(position=1, carrier="lag", people=(LARA,), municipality="06531005")
        third = Rule(position=1, carrier="ha")
        decision = decide(rules=(one, other, third))
        assert decision == decide(rules=(third, other, one)) == decide(rules=(other, one, third))

    def test_without_any_row_the_front_desk_has_it(self) -> None:
        decision = decide(rules=())
        assert (decision.carrier, decision.person, decision.rule) == ("lag", None, None)
        assert decision.because[0] == (
            "Für „Quartiersmanagement“ ist niemand als zuständig eingetragen."
        )

    def test_somebody_of_another_carrier_is_never_in_the_pool(self) -> None:
        rule = Rule(position=1, carrier="lag", people=(GRASS,))
        decision = decide(rules=(rule,), addressed_to=GRASS)
        assert (decision.carrier, decision.person) == ("lag", None)


class TestAbsence:
    def test_the_deputy_of_the_one_who_knows_the_town(self) -> None:
        decision = decide(away(MIRJAM, LARA), former_advisor=MIRJAM, open_cases={LARA: 50})
        assert decision.person == LARA
        assert decision.because == (
            "Mirjam Roth hat Gießen zuletzt beraten.",
            "Mirjam Roth ist bis 27.11. abwesend; Vertretung: Lara Lebriez.",
        )

    def test_an_absence_is_told_once_even_if_she_is_wanted_twice(self) -> None:
        decision = decide(away(MIRJAM), addressed_to=MIRJAM, former_advisor=MIRJAM)
        assert decision.person == LARA
        assert decision.because == (
            "Mirjam Roth ist in der Nachricht genannt.",
            "Mirjam Roth ist bis 27.11. abwesend.",
            "Mirjam Roth hat Gießen zuletzt beraten.",
            "Lara Lebriez berät „Quartiersmanagement“.",
        )

    def test_the_deputy_even_from_outside_the_pool(self) -> None:
        decision = decide(away(MIRJAM, NURAY), addressed_to=MIRJAM)
        assert decision.person == NURAY

    def test_who_knows_the_town_comes_before_the_deputy_of_the_one_named(self) -> None:
        decision = decide(away(MIRJAM, NURAY), addressed_to=MIRJAM, former_advisor=LARA)
        assert decision.person == LARA
        assert decision.because == (
            "Mirjam Roth ist in der Nachricht genannt.",
            "Mirjam Roth ist bis 27.11. abwesend; Vertretung: Nuray Demir.",
            "Lara Lebriez hat Gießen zuletzt beraten.",
        )

    def test_both_who_are_wanted_are_away(self) -> None:
        decision = decide(away(MIRJAM, NURAY), away(LARA), addressed_to=MIRJAM, former_advisor=LARA)
        assert decision.person == NURAY
        assert decision.because[-1] == "Nuray Demir übernimmt in Vertretung."
        assert "Lara Lebriez ist bis 27.11. abwesend." in decision.because

    def test_whoever_of_the_pool_is_there_comes_before_a_deputy_from_outside(self) -> None:
        decision = decide(away(MIRJAM, NURAY), open_cases={LARA: 50})
        assert decision.person == LARA
        assert decision.because == (
            "Mirjam Roth ist bis 27.11. abwesend.",
            "Lara Lebriez berät „Quartiersmanagement“.",
        )

    def test_a_chain_of_deputies_is_followed_to_its_end(self) -> None:
        decision = decide(
            away(MIRJAM, LARA), away(LARA, NURAY, date(2027, 1, 8)), former_advisor=MIRJAM
        )
        assert decision.person == NURAY
        assert decision.because[1:] == (
            "Mirjam Roth ist bis 27.11. abwesend; Vertretung: Lara Lebriez.",
            "Lara Lebriez ist bis 08.01.2027 abwesend; Vertretung: Nuray Demir.",
        )

    def test_the_whole_pool_is_away_and_somebody_stands_in(self) -> None:
        decision = decide(away(MIRJAM), away(LARA, NURAY))
        assert decision.person == NURAY
        assert decision.because == (
            "Lara Lebriez ist bis 27.11. abwesend; Vertretung: Nuray Demir.",
            "Mirjam Roth ist bis 27.11. abwesend.",
            "Nuray Demir übernimmt in Vertretung „Quartiersmanagement“.",
        )

    def test_two_who_stand_in_for_each_other_and_are_both_away_end_in_the_queue(self) -> None:
        decision = decide(away(MIRJAM, LARA), away(LARA, MIRJAM), former_advisor=MIRJAM)
        assert (decision.carrier, decision.person) == ("lag", None)
        assert decision.because[-2:] == (
            "Von den Zuständigen ist zurzeit niemand da.",
            "Die Anfrage liegt im Eingangskorb: LAG Soziale Brennpunkte Hessen.",
        )

    def test_no_deputy_from_the_other_carrier(self) -> None:
        decision = decide(away(MIRJAM, GRASS), away(LARA, GRASS))
        assert (decision.carrier, decision.person) == ("lag", None)

    def test_no_deputy_who_has_left(self) -> None:
        people = PEOPLE | {NURAY: replace(PEOPLE[NURAY], active=False)}
        decision = decide(away(MIRJAM, NURAY), people=people, former_advisor=MIRJAM)
        assert decision.person == LARA

    @pytest.mark.parametrize("offset", [-1, 1])
    def test_an_absence_counts_on_its_first_and_last_day_only_in_between(self, offset: int) -> None:
        absence = Absence(MIRJAM, TODAY, TODAY, LARA)
        facts = replace(QUESTION, former_advisor=MIRJAM)
        assert choose(RULES, facts, [absence], TODAY).person == LARA
        assert choose(RULES, facts, [absence], TODAY + timedelta(days=offset)).person == MIRJAM

    def test_of_two_absences_the_one_with_a_deputy_helps_and_the_longer_one_is_told(self) -> None:
        absences = (away(MIRJAM, NURAY), away(MIRJAM, None, date(2026, 12, 4)))
        decision = decide(*absences, former_advisor=MIRJAM)
        assert decision.person == NURAY
        assert decision.because[1] == (
            "Mirjam Roth ist bis 04.12. abwesend; Vertretung: Nuray Demir."
        )


class TestDeputyChain:
    def test_who_is_there_needs_no_deputy(self) -> None:
        assert deputy_chain(LARA, PEOPLE, [], TODAY) == (LARA,)

    def test_the_whole_chain_is_named(self) -> None:
        absences = [away(LARA, MIRJAM), away(MIRJAM, NURAY)]
        assert deputy_chain(LARA, PEOPLE, absences, TODAY) == (LARA, MIRJAM, NURAY)

    def test_a_circle_ends(self) -> None:
        assert deputy_chain(LARA, PEOPLE, [away(LARA, LARA)], TODAY) == ()
        circle = [away(LARA, MIRJAM), away(MIRJAM, NURAY), away(NURAY, LARA)]
        assert deputy_chain(LARA, PEOPLE, circle, TODAY) == ()

    def test_a_person_whom_nobody_knows_has_no_deputy(self) -> None:
        assert deputy_chain(99, PEOPLE, [], TODAY) == ()


# A small centre of six, so that absences, deputies and pools often meet.
ids = st.integers(1, 6)
carriers = st.sampled_from(["lag", "ha"])
topics = st.sampled_from(["quartiersmanagement", "foerderung"])
rules_of = st.builds(
    Rule,
    position=st.integers(1, 4),
    carrier=carriers,
    topic=st.none() | topics,
    kind=st.none() | st.just("moderation"),
    people=st.lists(ids, max_size=4).map(tuple),
)
absences_of = st.builds(
    lambda person, start, length, deputy: Absence(
        person, TODAY + timedelta(start), TODAY + timedelta(start + length), deputy
    ),
    ids,
    st.integers(-3, 1),
    st.integers(0, 5),
    st.none() | ids,
)
staff_of = st.dictionaries(ids, st.tuples(carriers, st.booleans() | st.just(True)), min_size=1)
facts_of = st.builds(
    lambda staff, **rest: Facts(
        people={one: Person(one, f"Person {one}", *about) for one, about in staff.items()},
        fallback_carrier="lag",
        **rest,
    ),
    staff_of,
    topic=st.none() | topics,
    kind=st.none() | st.just("moderation"),
    open_cases=st.dictionaries(ids, st.integers(0, 3)),
    former_advisor=st.none() | ids,
    addressed_to=st.none() | ids,
)
centres = st.tuples(st.lists(rules_of, max_size=5), facts_of, st.lists(absences_of, max_size=6))
Centre = tuple[list[Rule], Facts, list[Absence]]


def is_away(person: int | None, absences: list[Absence]) -> bool:
    return any(one.person == person and one.covers(TODAY) for one in absences)


class TestAlways:
    @given(centres)
    def test_whoever_gets_it_is_there_active_and_of_the_carrier(self, centre: Centre) -> None:
        rules, facts, absences = centre
        decision = choose(rules, facts, absences, TODAY)
        if decision.person is not None:
            assert facts.people[decision.person].active
            assert facts.people[decision.person].carrier == decision.carrier
            assert not is_away(decision.person, absences)

    @given(centres)
    def test_there_is_a_carrier_and_a_reason_in_whole_sentences(self, centre: Centre) -> None:
        rules, facts, absences = centre
        decision = choose(rules, facts, absences, TODAY)
        assert decision.carrier in {"lag", *(rule.carrier for rule in rules)}
        assert decision.because
        assert len(set(decision.because)) == len(decision.because)
        for sentence in decision.because:
            assert sentence[0].isupper()
            assert sentence.endswith(".")
            assert "None" not in sentence
        if decision.person is not None:
            assert f"Person {decision.person}" in " ".join(decision.because)

    @given(centres, st.randoms(use_true_random=False))
    def test_the_order_in_which_things_are_listed_changes_nothing(
        self, centre: Centre, dice: random.Random
    ) -> None:
        rules, facts, absences = centre
        shuffled = replace(
            facts,
            people=dict(dice.sample(list(facts.people.items()), len(facts.people))),
            open_cases=dict(dice.sample(list(facts.open_cases.items()), len(facts.open_cases))),
        )
        decision = choose(rules, facts, absences, TODAY)
        assert decision == choose(rules, facts, absences, TODAY)
        assert decision == choose(
            dice.sample(rules, len(rules)), shuffled, dice.sample(absences, len(absences)), TODAY
        )

    @given(centres)
    def test_the_queue_gets_it_only_when_nobody_can(self, centre: Centre) -> None:
        rules, facts, absences = centre
        decision = choose(rules, facts, absences, TODAY)
        if decision.person is not None or decision.rule is None:
            return
        pools = [
            rule.people
            for rule in rules
            if rule.position == decision.rule and rule.carrier == decision.carrier
        ]
        free = [
            {
                one
                for one in pool
                if one in facts.people
                and facts.people[one].active
                and facts.people[one].carrier == decision.carrier
                and deputy_chain(one, facts.people, absences, TODAY)
            }
            for pool in pools
        ]
        assert not all(free)

    @given(st.lists(absences_of, max_size=8), ids)
    def test_a_chain_leads_from_one_absence_to_the_next_without_a_circle(
        self, absences: list[Absence], person: int
    ) -> None:
        people = {one: Person(one, f"Person {one}", "lag") for one in range(1, 7)}
        chain = deputy_chain(person, people, absences, TODAY)
        assert len(set(chain)) == len(chain)
        for one, deputy in pairwise(chain):
            assert any(
                each.person == one and each.deputy == deputy and each.covers(TODAY)
                for each in absences
            )
        if chain:
            assert chain[0] == person
            assert not is_away(chain[-1], absences)
        else:
            assert is_away(person, absences)
