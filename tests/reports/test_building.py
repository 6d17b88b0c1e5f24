"""What the report may say, and to whom."""

from __future__ import annotations

import attrs
import pytest

from cxaudit._formats.markdown import render_markdown
from cxaudit._formats.terminal import render_terminal
from cxaudit._model.said import Said, joined
from cxaudit._report.build import build_report
from cxaudit._words import numbers
from cxaudit._words.cells import score_facts
from cxaudit._words.language import ngettext
from cxaudit.plugin import (
    Agreement,
    Conduct,
    Finding,
    Findings,
    Flag,
    Gate,
    GateOutcome,
    GradeBand,
    Score,
    Scorecard,
    State,
    UnitScores,
    blocks,
)
from cxaudit_reports.html.page import render_page

BANDS = (GradeBand("good", 0.8), GradeBand("fair", 0.5), GradeBand("bad", 0.0))


def scored(result, value, low, high, *, capped="", coverage=1.0, touchpoints=None):
    overall = Score(
        value=value, coverage=coverage, low=low, high=high, lowest=low, highest=high, scored=9
    )
    grade = next(
        (band.grade for band in BANDS if value is not None and value >= band.at_least), None
    )
    root = UnitScores(
        unit="tide",
        overall=overall,
        grade="bad" if capped else grade,
        capped=capped,
        touchpoints=touchpoints or {},
    )
    return attrs.evolve(result, scorecard=Scorecard(policy="x", bands=BANDS, units=(root,)))


def headline(result):
    return build_report(result).sections[0].blocks[0].text


@pytest.mark.parametrize(
    ("value", "low", "high", "says", "never"),
    [
        (0.9, 0.85, 0.95, "scores 90 of 100: good.", "allow"),
        (0.82, 0.7, 0.9, "any grade from “fair” to “good”", ": good"),
        (0.82, 0.3, 0.9, "any grade from “bad” to “good”", ": good"),
        (None, None, None, "Nothing could be scored", "0 of 100"),
    ],
)
def test_the_headline_claims_no_more_than_the_interval(audit, value, low, high, says, never):
    text = headline(scored(audit("mixed"), value, low, high))
    assert says in text
    assert never not in text


def test_a_cap_is_said_with_its_reason(audit):
    text = headline(scored(audit("mixed"), 0.9, 0.85, 0.95, capped="a critical item failed"))
    assert text.startswith("Tide Bakery scores 90 of 100, graded “bad”: a critical item failed.")


def test_a_small_part_assessed_is_said_first(audit):
    text = headline(scored(audit("mixed"), 0.9, 0.85, 0.95, coverage=0.1))
    assert text.startswith("Only 10\u00a0% of what applies at Tide Bakery was assessed; that part")


@pytest.mark.parametrize(("low", "said"), [(0.71, True), (0.69, False)])
def test_touchpoints_are_contrasted_only_when_their_intervals_part(audit, low, said):
    touchpoints = {
        "phone": Score(value=0.6, coverage=1.0, low=0.5, high=0.7),
        "in-store": Score(value=0.8, coverage=1.0, low=low, high=0.9),
    }
    text = headline(scored(audit("mixed"), 0.9, 0.85, 0.95, touchpoints=touchpoints))
    assert ("better in store (80) than on the phone (60)" in text) is said


def test_touchpoints_hardly_assessed_are_not_contrasted(audit):
    touchpoints = {
        "phone": Score(value=0.1, coverage=0.3, low=0.05, high=0.2),
        "in-store": Score(value=0.8, coverage=1.0, low=0.7, high=0.9),
    }
    assert "better" not in headline(
        scored(audit("mixed"), 0.9, 0.85, 0.95, touchpoints=touchpoints)
    )


def test_sections_come_in_reading_order(report):
    assert [section.id for section in report("mixed").sections] == [
        "summary",
        "matrix",
        "decide",
        "certainty",
        "critical",
        "quotes",
        "groupings",
        "outcomes",
        "units",
        "breakdowns",
        "findings-process",
        "findings-roles",
        "findings-interpersonal",
        "findings-direction",
        "findings-external",
        "agreement",
        "waivers",
        "sources",
        "problems",
        "method",
        "provenance",
    ]


def test_failed_critical_items_come_before_suspected_and_not_cleared(report):
    (table,) = next(each for each in report("mixed").sections if each.id == "critical").blocks
    assert [row[0] for row in table.rows] == [
        "failed",
        "failed, waived",
        "suspected",
        "compliance not cleared",
    ]


def test_every_finding_that_may_be_shown_is_in_a_table(report, audit):
    shown = sum(
        len(block.rows)
        for section in report("mixed").sections
        if section.id.startswith("findings-")
        for block in section.blocks
        if isinstance(block, blocks.Table) and block.title
    )
    assert shown == len(audit("mixed").findings) - 1


def test_few_cases_are_told_in_cases(report):
    text = render_markdown(report("mixed"))
    assert "1 of 2 visits" in text
    assert "50 %" not in text.replace("\u00a0", " ")


def test_evidence_is_capped_and_counted(report):
    assert "5 of 18,203 kept in the result, 3 printed here; 1 dropped" in render_markdown(
        report("mixed")
    )


@pytest.mark.parametrize("audience", ["client", "public", "internal"])
def test_single_people_are_shown_only_where_conduct_permits(audit, audience):
    result = audit("mixed")
    named = render_markdown(build_report(result, audience))
    assert "Anna Doe" not in named
    assert "Ben Roe" not in named
    permitted = attrs.evolve(result, conduct=Conduct(individual_results=True))
    assert "Ben Roe" in render_markdown(build_report(permitted, audience))


@pytest.mark.parametrize("audience", ["client", "public", "internal"])
def test_raters_are_never_named(audit, audience):
    assert "rater-1" not in render_markdown(build_report(audit("mixed"), audience))


def test_small_groups_are_kept_back_and_counted(audit):
    def hours(audience):
        section = next(
            s for s in build_report(audit("mixed"), audience).sections if s.id == "breakdowns"
        )
        return section.blocks[0]

    for audience in ("client", "public", "internal"):
        assert [row[0] for row in hours(audience).rows] == ["9", "10"]
        assert hours(audience).note == "1 group under 10 rows not shown."


def test_small_units_are_kept_back_everywhere(audit):
    result = audit("mixed")
    text = render_markdown(build_report(result, "public", minimum=9_100))
    assert "Hill" not in text
    assert "Other Bakery" not in text
    assert "Pier" in text
    assert "Hill" in render_markdown(build_report(result, "internal", minimum=9_100))


def test_an_unknown_audience_is_refused(audit):
    with pytest.raises(ValueError, match="client, internal, public"):
        build_report(audit("empty"), "press")


def test_missing_conduct_is_said_first_in_the_method(report):
    method = next(s for s in report("mostly-not-assessed").sections if s.id == "method")
    assert method.blocks[0] == blocks.TextBlock(
        text="Conduct: not stated is whether staff were told, the legal basis, "
        "how long evidence is kept.",
        tone="warning",
    )


def test_further_sections_come_before_the_method(report):
    own = blocks.Section(id="own", title="Own", blocks=(blocks.TextBlock(text="x"),))
    found = [section.id for section in report("all-good", sections=(own,)).sections]
    assert found.index("own") < found.index("method")


def test_decisions_are_ordered_by_weight_shortfall_and_certainty(report):
    decide = next(s for s in report("mixed").sections if s.id == "decide")
    titles = [block.text for block in decide.blocks if isinstance(block, blocks.Heading)]
    assert titles == [
        "1. Callers wait longer than promised",
        "2. Waits are long",
        "3. Guests are not greeted",
    ]


def test_comparators_are_ranked_apart(report):
    units = next(s for s in report("mixed").sections if s.id == "units")
    names = {
        b.title: [row.name for row in b.rows] for b in units.blocks if isinstance(b, blocks.Ranking)
    }
    assert names == {"Units: site": ["Pier", "Hill", "Mill"], "Comparators": ["Other Bakery"]}


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        (numbers.percent(0.214), "21.4\u00a0%"),
        (numbers.percent(0.5), "50\u00a0%"),
        (numbers.percent(1), "100\u00a0%"),
        (numbers.percent(0.9999), ">99.9\u00a0%"),
        (numbers.percent(0.0001), "<0.1\u00a0%"),
        (numbers.percent(0), "0\u00a0%"),
        (numbers.score(0.999), ">99"),
        (numbers.score(1), "100"),
        (numbers.score(0.001), "<1"),
        (numbers.score(0), "0"),
        (numbers.count(18203), "18,203"),
        (numbers.duration(4.25), "4.2\u00a0s"),
        (numbers.duration(61), "1:01"),
        (numbers.duration(3599.6), "1:00:00"),
        (numbers.duration(7325), "2:02:05"),
        (numbers.duration(-90), "-1:30"),
        (numbers.duration(9.99), "10\u00a0s"),
        (numbers.number(0.0004), "0.0004"),
        (numbers.number(8.25), "8.25"),
        (numbers.number(1204.4), "1,204"),
        (numbers.number(1e300)[:3], "1,0"),
        (numbers.quantity(3, "hours"), "3 hours"),
        (numbers.quantity(90, "seconds"), "1:30"),
        (numbers.quantity_interval(26, 36.5, "points"), "26 to 36.5 points"),
        (numbers.quantity(0.3125, "", "net_score"), "+31.2"),
        (numbers.quantity_interval(-0.03, 0.15, "", "net_score"), "-3 to +15"),
        (ngettext("{n} visit", "{n} visits", 1), "1 visit"),
        (ngettext("{n} visit", "{n} visits", 2), "2 visits"),
        (ngettext("{n} visit", "{n} visits", 18203), "18,203 visits"),
    ],
)
def test_numbers_for_people(written, wanted):
    assert written == wanted


def test_what_is_not_known_is_a_dash():
    unknown = {
        numbers.percent(None),
        numbers.score(None),
        numbers.duration(None),
        numbers.quantity(None, "hours"),
        numbers.number(float("nan")),
        numbers.interval(None, 1),
        numbers.quantity_interval(None, 1, "points"),
    }
    assert unknown == {numbers.DASH}


def test_a_policy_without_cells_leaves_no_empty_matrix(audit):
    """Under another system's policy nothing is called absent that was scored."""
    result = audit("mixed")
    root = attrs.evolve(result.scorecard.root, cells={}, grade=None)
    card = attrs.evolve(result.scorecard, bands=(), units=(root,))
    sections = {
        each.id: each for each in build_report(attrs.evolve(result, scorecard=card)).sections
    }
    assert not any(isinstance(block, blocks.Matrix) for block in sections["matrix"].blocks)
    words = {row[3] for block in sections["groupings"].blocks for row in block.rows}
    assert words <= {numbers.DASH, "not assessed", "no item"}


@pytest.mark.parametrize(
    ("state", "flags", "says", "mark"),
    [
        (State.NOT_MET, Flag.COMPLIANCE | Flag.FAILED, "outside the score", True),
        (State.INFORMATIVE, Flag.NONE, "outside the score", False),
        (State.NOT_APPLICABLE, Flag.COMPLIANCE, "does not apply", False),
        (State.NOT_APPLICABLE, Flag.NONE, "does not apply", False),
    ],
)
def test_a_cell_tells_what_does_not_apply_from_what_is_outside_the_score(
    audit, state, flags, says, mark
):
    """A failed compliance item applied, though it has no part in the score."""
    result = audit("mixed")
    root = result.scorecard.root
    item = next(each for each in result.checklist.items if each.area == "external")
    cells = {key: each for key, each in root.cells.items() if key != ("external", "phone")}
    cells["external", "phone"] = Score(value=None, coverage=None, neutral=1)
    found = Finding(
        item=item.id,
        touchpoint="phone",
        unit="tide",
        state=state,
        score=0.0 if state is State.NOT_MET else None,
        weight=1.0,
        n=1,
        flags=flags,
    )
    units = (attrs.evolve(root, cells=cells), *result.scorecard.units[1:])
    kept = [each for each in result.findings if (each.item, each.touchpoint) != (item.id, "phone")]
    result = attrs.evolve(
        result,
        findings=Findings.of([*kept, found]),
        scorecard=attrs.evolve(result.scorecard, units=units),
    )
    report = build_report(result)
    section = next(each for each in report.sections if each.id == "matrix")
    (block,) = [each for each in section.blocks if isinstance(each, blocks.Matrix)]
    cell = block.cells[block.rows.index("External")][block.columns.index("Phone")]
    assert (cell.note, cell.critical, bool(cell.link)) == (says, mark, True)
    alone = attrs.evolve(block, rows=("External",), columns=("Phone",), cells=((cell,),))
    only = attrs.evolve(report, sections=(attrs.evolve(section, blocks=(alone,)),))
    for render in (render_markdown, lambda report: render_terminal(report, 80)):
        assert (f"✕ {says}" if mark else says) in render(only)
    assert f"<small>{says}</small>" in render_page(only)


def gate(result, audience="client"):
    """Return what page one says of the gate."""
    return build_report(result, audience).sections[0].blocks[-1].text


def failed(item, unit, flags=Flag.CRITICAL):
    return Finding(
        item=item,
        touchpoint="phone",
        unit=unit,
        state=State.NOT_MET,
        score=0.0,
        low=0.0,
        high=0.1,
        weight=1.0,
        n=40,
        flags=flags | Flag.FAILED,
    )


def judged(result, found, *reasons):
    """Return a result with these findings, whose gate gives these reasons."""
    outcome = GateOutcome(gate=Gate(), passed=not reasons, reasons=reasons)
    return attrs.evolve(result, findings=Findings.of(found), gate=outcome)


def test_the_gate_names_what_failed_once_with_its_units(audit):
    units = ("tide", "tide.pier", "tide.hill", "tide.mill")
    found = [failed("phone.answered", unit) for unit in units]
    found.append(failed("organisation.insured", "tide", Flag.COMPLIANCE))
    reasons = [Said("critical-item-failed", item="phone.answered", unit=unit) for unit in units]
    reasons += [
        Said("compliance-item-failed", item="organisation.insured", unit="tide"),
        Said("score-under-minimum", least=0.7),
    ]
    assert gate(judged(audit("mixed"), found, *reasons)) == (
        "Gate: not passed. Critical and failed: P-PH-01 Callers wait longer than promised, at Tide "
        "Bakery, Pier, Hill and 1 more. The law is not kept. Also: the score is under 0.7."
    )


def test_the_gate_counts_units_that_may_not_be_shown(audit):
    found = [failed("phone.answered", unit) for unit in ("tide.pier", "tide.anna")]
    found.append(failed("phone.wait", "tide.anna"))
    reasons = [f"critical item {each.item} failed at {each.unit}" for each in found]
    result = judged(audit("mixed"), found, *reasons, "Anna Doe is rude", "waits of tide.anna")
    for audience in ("client", "internal", "public"):
        assert gate(result, audience) == (
            "Gate: not passed. Critical and failed: P-PH-01 Callers wait longer than promised, at "
            "Pier and 1 more; P-PH-02 Waits are long at 1 unit not shown. 2 further reasons "
            "concern units that are not shown."
        )


def test_other_reasons_of_the_gate_are_said_at_once(audit):
    result = judged(
        audit("mixed"), [], Said("score-under-minimum", least=0.7), "acme: too few visits."
    )
    assert gate(result) == "Gate: not passed: the score is under 0.7; acme: too few visits."


def test_the_gate_says_when_it_passed_by_accepted_exceptions(audit):
    """Beside a failed critical item a bare "passed" would look like a contradiction."""
    result = audit("mixed")
    (waiver,) = result.waivers
    result = attrs.evolve(result, waivers=(attrs.evolve(waiver, findings=2),))
    waived = Flag.CRITICAL | Flag.WAIVED
    accepted = [failed("phone.answered", unit, waived) for unit in ("tide", "tide.pier")]
    assert gate(judged(result, accepted)) == (
        "Gate: passed, with 2 accepted exceptions. Critical and failed: P-PH-01 Callers wait "
        "longer than promised, at Tide Bakery, Pier (accepted until 30 September 2026 by M. Roe)."
    )
    one = attrs.evolve(result, waivers=(attrs.evolve(waiver, findings=1),))
    assert gate(judged(one, accepted[:1])).startswith("Gate: passed, with 1 accepted exception. ")
    # Neither what is waived and no matter of the gate, nor a comparator, would have failed it.
    harmless = attrs.evolve(accepted[0], flags=Flag.WAIVED)
    elsewhere = failed("phone.answered", "tide.other", waived)
    assert gate(judged(result, [harmless, elsewhere])) == "Gate: passed."


def test_a_score_of_what_was_seen_whole_claims_no_interval():
    """A document is no sample: "likely 0 to 0" would sound as if there were one."""
    whole = blocks.ScoreBlock(title="Compliance", value=0.0, low=0.0, high=0.0, coverage=1.0)
    assert score_facts(whole) == ["All that is likely scores the same.", "100\u00a0% assessed."]


def test_the_headline_names_by_title_what_caps_the_grade(audit):
    items = Said("names-and-more", names=("phone.answered",), n=2)
    cap = Said("grade-capped-by-failed", items=items, best="fails its word")
    capped = joined([cap, Said("grade-of-score-alone", earned="keeps its word")])
    result = scored(audit("mixed"), 0.9, 0.85, 0.95, capped=capped)
    english = headline(result)
    assert "failed: Callers wait longer than promised and 2 more. So the grade" in english
    german = headline(attrs.evolve(result, language="de"))
    assert "Kritisch und verfehlt: Callers wait longer than promised und 2 weitere." in german
    assert "„hält nicht Wort“; die Punktzahl allein ergäbe „hält Wort“" in german


def test_ratings_are_numbers_for_people_and_at_most_five(audit):
    prevalence = {"1.0": 0.1, "12.0": 0.2, "2.5": 0.3, "7.0": 0.05, "8.0": 0.05, "9.0": 0.3 - 0.01}
    prevalence["90.25"] = 0.01
    many = Agreement(item="in-store.greeted", cases=8, raters=2, prevalence=prevalence)
    words = attrs.evolve(many, prevalence={"False": 0.2, "True": 0.7, "neither": 0.1})
    report = build_report(attrs.evolve(audit("mixed"), agreement=(many, words)))
    (table,) = next(each for each in report.sections if each.id == "agreement").blocks
    assert [row[7].replace("\u00a0", " ") for row in table.rows] == [
        "2.5 30 %, 9 29 %, 12 20 %, 1 10 %, 7 5 %, 2 others",
        "yes 70 %, no 20 %, neither 10 %",
    ]
