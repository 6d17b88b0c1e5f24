"""Sentences that must not be taken for their opposite: promises, law, grades, intervals, rows."""

from __future__ import annotations

from datetime import date

import attrs
import pytest

from cxaudit._formats.markdown import render_markdown
from cxaudit._report.build import build_report
from cxaudit._words import numbers
from cxaudit.plugin import (
    Ask,
    CheckUse,
    Evidence,
    EvidenceSet,
    Finding,
    Findings,
    Flag,
    Gate,
    GateOutcome,
    Item,
    Parameter,
    Reference,
    Score,
    Scorecard,
    Seed,
    State,
    Text,
    Unit,
    UnitScores,
    UnitTree,
    Waiver,
    WaiverOutcome,
    blocks,
)


def finding(item, score, *, unit="tide", touchpoint="phone", **changes):
    state = State.MET if score == 1 else State.NOT_MET
    if score is None:
        state = State.UNANSWERED
    values = {"score": score, "low": score, "high": score, "weight": 1.0, "n": 40, "state": state}
    return Finding(item=item, touchpoint=touchpoint, unit=unit, **{**values, **changes})


def with_findings(result, items, findings, **changes):
    checklist = attrs.evolve(result.checklist, items=tuple(items), **changes)
    return attrs.evolve(result, checklist=checklist, findings=Findings.of(findings), evidence=())


def summary(result, audience="client"):
    return [
        block.text
        for block in build_report(result, audience).sections[0].blocks
        if isinstance(block, blocks.TextBlock)
    ]


def aimed(name, target, written=None):
    """Return an item with a target, which a parameter gives where one is written."""
    return Item(
        id=f"phone.{name}",
        area="process",
        touchpoints=("phone", "message"),
        title=Text.of(f"Aim {name}"),
        check=CheckUse(
            check="cxaudit.within-target",
            settings={"metric": "phone.in-time", "target": target},
            written={"metric": "phone.in-time", "target": written or target},
        ),
    )


def seen(name):
    return Item(
        id=f"phone.{name}",
        area="roles",
        touchpoints=("phone",),
        title=Text.of(f"Seen {name}"),
        ask=Ask(answer="yes-no"),
    )


def test_promises_are_items_and_count_once(audit):
    """Three items rest on promises: one kept at both touchpoints, one at one of two, one open."""
    bases = {"a": "promise", "b": "promise", "c": "promise", "d": "policy", "e": "law", "f": None}
    parameters = {
        name: Parameter(id=name, question=Text.of("Which?"), value=0.9, basis=basis)
        for name, basis in bases.items()
    }
    items = [aimed(name, 0.9, f"${name}") for name in bases]
    items += [aimed("g", 0.75), seen("h"), seen("i")]
    findings = [
        finding("phone.a", 1.0),
        finding("phone.a", 1.0, touchpoint="message"),
        finding("phone.b", 1.0),
        finding("phone.b", 0.0, touchpoint="message"),
        finding("phone.c", None),
        *(finding(f"phone.{name}", 1.0) for name in "defghi"),
    ]
    result = with_findings(audit("mixed"), items, findings, parameters=parameters)
    (said,) = [text for text in summary(result) if "promise" in text]
    assert said == (
        "1 of 2 promises kept in full. 1 promise could not be assessed. Other points: 1 judged by "
        "the client's policy, 1 judged by the law, 1 judged by a target stated without a basis, "
        "1 judged by a target of the checklist, 2 judged by the checklist's own anchors."
    )


def test_without_a_promise_none_is_claimed(audit):
    result = with_findings(audit("mixed"), [seen("h")], [finding("phone.h", 1.0)])
    assert (
        "No point rests on a promise that the client has stated. Points: 1 judged by the "
        "checklist's own anchors."
    ) in summary(result)


LAWFUL = Flag.CRITICAL | Flag.COMPLIANCE


def lawful(name):
    return attrs.evolve(seen(name), fail_title=Text.of(f"Law {name} is broken"))


def test_the_law_is_a_sentence_with_who_accepted_what_until_when(audit):
    items = [lawful("x"), lawful("y"), lawful("z")]
    findings = [
        finding("phone.x", 0.0, flags=LAWFUL | Flag.FAILED | Flag.WAIVED),
        finding("phone.y", 1.0, flags=LAWFUL),
        finding("phone.z", None, flags=LAWFUL | Flag.NOT_CLEARED),
    ]
    waiver = Waiver(
        item="phone.x", reason="Old recorder", approver="the board", expires=date(2027, 1, 31)
    )
    result = attrs.evolve(
        with_findings(audit("mixed"), items, findings),
        waivers=(WaiverOutcome(waiver=waiver, status="used", findings=1),),
        gate=GateOutcome(gate=Gate(), passed=True),
    )
    assert summary(result)[-2:] == [
        (
            "Law: 1 of 2 points fails: Law x is broken, at Tide Bakery (accepted until 31 January "
            "2027 by the board). 1 point was not assessed."
        ),
        "Gate: passed, with 1 accepted exception.",
    ]
    assert "Compliance" not in {
        block.title
        for block in build_report(result).sections[0].blocks
        if isinstance(block, blocks.ScoreBlock)
    }


def test_an_expired_exception_accepts_nothing(audit):
    flags = LAWFUL | Flag.FAILED
    waiver = Waiver(item="*", reason="Old", approver="the board", expires=date(2026, 1, 31))
    result = attrs.evolve(
        with_findings(audit("mixed"), [lawful("x")], [finding("phone.x", 0.0, flags=flags)]),
        waivers=(WaiverOutcome(waiver=waiver, status="expired"),),
        gate=GateOutcome(
            gate=Gate(), passed=False, reasons=("compliance item phone.x failed at tide",)
        ),
    )
    assert summary(result)[-2:] == [
        "Law: 1 of 1 point fails: Law x is broken, at Tide Bakery.",
        "Gate: not passed. The law is not kept.",
    ]


@pytest.mark.parametrize(
    ("score", "says"),
    [(1.0, "Law: 0 of 1 point fails."), (None, "Law: no point is known to be kept. 1 point was")],
)
def test_law_that_is_kept_and_law_that_nobody_looked_at(audit, score, says):
    result = with_findings(audit("mixed"), [lawful("x")], [finding("phone.x", score, flags=LAWFUL)])
    assert any(text.startswith(says) for text in summary(result))


def rated(result, value, low, high, *, coverage=1.0, lowest=None, highest=None, gate=None):
    overall = Score(
        value=value,
        coverage=coverage,
        low=low,
        high=high,
        lowest=value if lowest is None else lowest,
        highest=value if highest is None else highest,
        scored=9,
    )
    bands = result.scorecard.bands
    grade = next(band.grade for band in bands if value >= band.at_least)
    root = UnitScores(unit="tide", overall=overall, grade=grade)
    card = Scorecard(policy="x", bands=bands, units=(root,))
    return attrs.evolve(result, scorecard=card, gate=gate or result.gate)


def test_a_score_is_not_rounded_up_to_a_grade_that_it_misses(audit):
    """89.96 is "mostly keeps its word"; 90.0 beside it would be a contradiction."""
    result = rated(audit("mixed"), 0.8996, 0.895, 0.8999)
    text = render_markdown(build_report(result))
    assert "Tide Bakery scores 89.96 of 100: mostly keeps its word." in text
    assert "89.96 of 100" in text.split("Does it serve")[1]
    assert "90 of 100" not in text
    assert "90.0 of 100" not in text


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (0.896, 0, "89.6"),
        (0.9, 0, "90"),
        (0.904, 0, "90"),
        (0.876, 0, "88"),
        (0.746, 0, "74.6"),
        (0.74999, 0, "74.999"),
        (0.89996, 1, "89.996"),
        (0.8999999999999999, 1, "90.0"),
        (0.996, 0, ">99"),
    ],
)
def test_a_score_keeps_to_its_side_of_round_limits(value, places, text):
    assert numbers.score(value, places) == text


def test_a_score_keeps_to_its_side_of_the_limits_that_are_given():
    assert numbers.score(0.8696, limits=(0.87,)) == "86.96"
    assert numbers.score(0.8704, limits=(0.87,)) == "87"


@pytest.mark.parametrize(
    ("value", "limit", "unit", "kind", "text"),
    [
        (0.8996, 0.9, "", "share", "89.96\u00a0%"),
        (0.9, 0.9, "", "share", "90\u00a0%"),
        (0.0504, 0.05, "", "share", "5.04\u00a0%"),
        (0.62, 0.9, "", "share", "62\u00a0%"),
        (20.4, 20.0, "seconds", "mean", "20.4\u00a0s"),
        (3.004, 3.0, "hours", "mean", "3.004 hours"),
    ],
)
def test_a_value_is_told_apart_from_its_target(value, limit, unit, kind, text):
    assert numbers.quantity(value, unit, kind, limit=limit) == text


def test_a_value_beside_its_target_in_the_report(audit):
    item = aimed("g", 0.9)
    found = finding("phone.g", 0.95, value=0.8996, value_low=0.88, value_high=0.92)
    result = with_findings(audit("mixed"), [item], [found])
    text = render_markdown(build_report(result))
    assert "89.96\u00a0%" in text


def test_what_was_not_assessed_widens_the_grades(audit):
    """Bands at 60, 75, 90: 80 with 78 to 82; a tenth not assessed takes it from 70 to 92."""
    result = rated(audit("mixed"), 0.8, 0.78, 0.82, coverage=0.9, lowest=0.72, highest=0.82)
    assert (
        "with what was not assessed, any grade from “does not keep it reliably” to “mostly keeps "
        "its word” is possible"
    ) in summary(result)[0]
    whole = rated(audit("mixed"), 0.8, 0.78, 0.82)
    assert summary(whole)[0].startswith("Tide Bakery scores 80 of 100: mostly keeps its word.")


@pytest.mark.parametrize(
    ("low", "high", "unit", "kind", "text"),
    [
        (-0.02, 0.5, "", "share", "0\u00a0% to 50\u00a0%"),
        (0.5, 1.2, "", "share", "50\u00a0% to 100\u00a0%"),
        (-1.3, 0.2, "", "net_score", "-100 to +20"),
        (-4.0, 30.0, "seconds", "mean", "0\u00a0s to 0:30"),
        (-30.0, -4.0, "seconds", "mean", "-0:30 to -4\u00a0s"),
        (1.0, 1.0, "", "share", numbers.DASH),
        (3.0, 3.0, "clicks", "", numbers.DASH),
    ],
)
def test_intervals_are_cut_at_what_is_possible(low, high, unit, kind, text):
    assert numbers.quantity_interval(low, high, unit, kind) == text


def test_an_interval_that_rounds_to_one_number_is_written_finer():
    assert numbers.interval(0.7212, 0.7234) == "72.1 to 72.3"
    assert numbers.interval(1.0, 1.0) == numbers.DASH
    assert numbers.interval(0.9, 1.04) == "90 to 100"


LATE = {
    "call_id": "c-9",
    "customer_key": "[customer_key]",
    "unit": "tide.pier",
    "queued_at": "2026-04-03T22:30:05+00:00",
    "wait_s": 93.0,
    "talk_s": 754.0,
    "is_test": False,
    "agent": None,
    "day": "2026-04-04",
}


def shown(result, zones, fields=LATE, **changes):
    units = tuple(
        attrs.evolve(unit, zone=zones.get(unit.id, "Europe/Paris")) for unit in result.units
    )
    piece = Evidence(kind="row", source="calls.csv", key="12", fields=fields)
    found = EvidenceSet(
        item="phone.answered", touchpoint="phone", unit="tide", total=1, shown=(piece,)
    )
    return attrs.evolve(result, units=UnitTree(units), evidence=(found,), **changes)


def test_rows_are_written_as_people_do_in_the_unit_s_own_time(audit):
    """22:30 UTC is half past midnight in Paris, and half past eleven in London in summer."""
    text = render_markdown(build_report(shown(audit("mixed"), {})))
    assert (
        "Call: c-9; Unit: Pier; Queued: 4 April 2026, 00:30; Wait: 93\u00a0s; Talk: 12:34; "
        "Test: no; Day: 4 April 2026"
    ) in text
    assert "calls.csv, row 12" in text
    assert "times of" not in text
    text = render_markdown(build_report(shown(audit("mixed"), {"tide.pier": "Europe/London"})))
    assert "Queued: 3 April 2026, 23:30" in text
    assert text.count("times of Europe/London") == 1


def test_rows_speak_the_language_of_the_report(audit):
    text = render_markdown(build_report(shown(audit("mixed"), {}, language="de")))
    assert "Anruf: c-9; Einheit: Pier; Eingereiht: 4. April 2026, 00:30; Wartezeit: 93\u00a0s" in (
        text
    )


@pytest.mark.parametrize("value", ["2026-13-45", "2026-04-03T99:00:00", "0001-01-01T00:00:00", ""])
def test_what_only_looks_like_a_time_stands_as_it_is(audit, value):
    build_report(shown(audit("mixed"), {}, {"queued_at": value, "unit": 3}))


WEAK = (
    Seed(title="Waiting", publisher="A journal", says=Text.of("Waits drive callers off.")),
    Seed(title="A note (title not known)", publisher="The club", says=Text.of("Be on time.")),
    Seed(title="Why", publisher="not known (a weblog)", says=Text.of("Nobody waits gladly.")),
    Seed(title="", publisher="The club", says=Text.of("Say when.")),
)
FIGURES = (
    Reference(text=Text.of("Half a minute"), source="A survey (vendor)"),
    Reference(text=Text.of("Nine in ten"), source="blog.example (vendor, weak)"),
)


@pytest.mark.parametrize("audience", ["client", "internal", "public"])
def test_untitled_and_weak_sources(audit, audience):
    item = attrs.evolve(seen("h"), seeds=WEAK, references=FIGURES)
    result = with_findings(audit("mixed"), [item], [finding("phone.h", 1.0)])
    text = render_markdown(build_report(result, audience))
    assert "title not known" not in text
    assert "Waits drive callers off. (Waiting, A journal)" in text
    assert "Be on time. |" in text
    assert "Say when. |" in text
    internal = audience == "internal"
    assert ("Nobody waits gladly. (Why)" in text) is internal
    assert ("Nine in ten" in text) is internal
    assert "Half a minute (A survey (vendor))" in text


def many(result, count, worst):
    """Return a result of so many sites of the same score, and one that is worse, named last."""
    units = [Unit(id="tide", name="Tide Bakery", kind="organisation", zone="Europe/Paris")]
    scores = []
    for at in range(count):
        unit = f"tide.s{at:04d}"
        units.append(Unit(id=unit, name=f"Site {at:04d}", kind="site", parent="tide"))
        value = worst if at == count - 1 else 0.8
        overall = Score(value=value, coverage=1.0, low=value - 0.05, high=value + 0.05, scored=9)
        scores.append(UnitScores(unit=unit, overall=overall, grade="x"))
    root = attrs.evolve(result.scorecard.root, overall=attrs.evolve(scores[0].overall))
    card = attrs.evolve(result.scorecard, units=(root, *scores))
    flags = Flag.CRITICAL | Flag.FAILED
    findings = [
        finding("phone.h", worst / 2 if each.unit == scores[-1].unit else 0.4, unit=each.unit)
        for each in scores
    ]
    findings = [attrs.evolve(each, flags=flags) for each in findings]
    return attrs.evolve(
        with_findings(result, [seen("h")], findings), units=UnitTree(tuple(units)), scorecard=card
    )


def test_of_many_units_the_worst_are_listed_and_ties_are_counted(audit):
    report = build_report(many(audit("mixed"), 300, 0.2))
    section = next(each for each in report.sections if each.id == "units")
    ranking, note = section.blocks[:2]
    assert len(ranking.rows) == 40
    assert ranking.rows[0].name == "Site 0299"
    assert note.text == (
        "40 of 300 are listed, the worst first. 260 more share the rank of the last one."
    )
    (whole,) = next(each for each in report.sections if each.id == "all-units").blocks
    assert len(whole.rows) == 300
    (table,) = next(each for each in report.sections if each.id == "critical").blocks
    assert table.rows[0][2] == "Phone, Site 0299"
    assert table.note.endswith("40 of 300 are listed. 260 more are as bad as the last one.")


def test_few_units_are_all_listed_best_first(audit):
    report = build_report(many(audit("mixed"), 6, 0.2))
    section = next(each for each in report.sections if each.id == "units")
    assert section.blocks[0].rows[-1].name == "Site 0005"
    assert not [each for each in report.sections if each.id == "all-units"]


def test_a_whole_that_lies_outside_its_parts_says_why(audit):
    """Sites score 80 and 20, the whole 90: a point judged for the whole alone lifts it."""
    result = many(audit("mixed"), 2, 0.2)
    alone = finding("phone.i", 1.0)
    result = with_findings(result, [seen("h"), seen("i")], [*result.findings, alone])

    def words(overall):
        root = attrs.evolve(
            result.scorecard.root,
            overall=attrs.evolve(result.scorecard.root.overall, value=overall),
        )
        card = attrs.evolve(result.scorecard, units=(root, *result.scorecard.units[1:]))
        report = build_report(attrs.evolve(result, scorecard=card))
        section = next(each for each in report.sections if each.id == "units")
        return " ".join(each.text for each in section.blocks if isinstance(each, blocks.TextBlock))

    assert (
        "The score of Tide Bakery, 90.0, does not lie between those of its parts, 20.0 and 80.0: "
        "1 point is judged for the whole alone, and no part has it in its score."
    ) in words(0.9)
    assert "does not lie between" not in words(0.5)


def test_sections_that_nothing_fills_are_left_out(audit):
    ids = [section.id for section in build_report(audit("empty")).sections]
    assert ids == ["summary", "method", "provenance"]
