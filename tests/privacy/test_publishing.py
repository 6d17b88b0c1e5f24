"""What is published holds what it may, and nothing else; what was left out is counted and said."""

from __future__ import annotations

import json
from datetime import date

import attrs
import jsonschema
import numpy as np
import pytest

from cxaudit._formats.result_json import from_json, schema
from cxaudit._model.directions import Direction
from cxaudit.plugin import (
    Agreement,
    Answer,
    Ask,
    AttachedFile,
    AuditResult,
    Breakdown,
    Case,
    Conduct,
    Critical,
    Evidence,
    EvidenceSet,
    Finding,
    Findings,
    Flag,
    Gate,
    GateOutcome,
    Item,
    Loss,
    Measurement,
    Note,
    Origin,
    Parameter,
    PluginRecord,
    Provenance,
    QuarantinedRow,
    RunProblem,
    SourceAccount,
    State,
    Text,
    ThemeCount,
    Unit,
    UnitTree,
    Waiver,
    WaiverOutcome,
)
from cxaudit_reports.publish.open_data import column_guide
from cxaudit_reports.publish.plain_words import as_markdown, plain_words
from cxaudit_reports.publish.result import publication
from tests.support import rows as made

ASKED = Item(
    id="in-store.greeted",
    area="interpersonal",
    touchpoints=("in-store",),
    per="site",
    title=Text.of("Guests are greeted"),
    ask=Ask(answer="yes-no"),
    critical=Critical(fail_below=0.9),
    origins={"weight": Origin("pier", "/home/SECRET/pier.toml", 3)},
)
PROVED = Item(
    id="organisation.insured",
    area="external",
    touchpoints=("organisation",),
    title=Text.of("The insurance is valid"),
    ask=Ask(answer="yes-no", method="document"),
)
UNITS = UnitTree(
    (
        *made.tree(2).units,
        Unit(id="all.r0.s0.anna", name="SECRET Anna", kind="agent", parent="all.r0.s0"),
    )
)
ROWS = {("all.r0.s0", "q", atom): 200 for atom in made.ATOMS} | {
    ("all.r0.s1", "q", atom): 90 for atom in made.ATOMS
}
PLACES = (
    ("in-store.greeted", "in-store", "all", 12, 0.5),
    ("in-store.greeted", "in-store", "all.r0", 12, 0.5),
    ("in-store.greeted", "in-store", "all.r0.s0", 9, 0.4),
    ("in-store.greeted", "in-store", "all.r0.s1", 3, 0.7),
    ("organisation.insured", "organisation", "all", 1, 1.0),
)


def finding(item, touchpoint, unit, n, score, **changes):
    flags = Flag.CRITICAL | Flag.FAILED if item == ASKED.id else Flag.NONE
    return Finding(
        item=item,
        touchpoint=touchpoint,
        unit=unit,
        state=State.MEASURED,
        score=score,
        low=score,
        high=score,
        weight=1.0,
        n=n,
        flags=flags,
        **{"reason": "SECRET words of an auditor", **changes},
    )


@pytest.fixture(scope="module")
def whole():
    """A result with something that nobody else may see in every field that can hold it."""
    base = made.result_of(made.tree(2), ROWS)
    agent = made.measured(made.METRICS[0], "all", ROWS, "q", "queue")
    piece = {"source": "/home/SECRET/calls.csv", "key": "7", "place": "SECRET place"}
    shown = (
        Evidence(kind="row", fields={"name": "SECRET Anna"}, digest="SECRET", **piece),
        Evidence(kind="comment", quote="They looked away", **piece),
        Evidence(kind="file", source="SECRET/photo.jpg", key="c1"),
        Evidence(kind="file", source="SECRET/contract.pdf", key="c1"),
    )
    result = attrs.evolve(
        base,
        checklist=attrs.evolve(
            base.checklist,
            items=(*base.checklist.items, ASKED, PROVED),
            parameters={
                "p": Parameter(id="p", question=Text.of("?"), value=2.0, agreed_by="SECRET manager")
            },
            digests={"/home/SECRET/pier.toml": "ab"},
        ),
        units=attrs.evolve(
            UNITS,
            units=tuple(attrs.evolve(u, attributes={"boss": "SECRET boss"}) for u in UNITS.units),
        ),
        cases=(Case(id="SECRET-c1", unit="all.r0.s0", touchpoint="in-store", status="final"),),
        answers=(
            Answer(
                item=ASKED.id,
                touchpoint="in-store",
                unit="all.r0.s0",
                case="SECRET-c1",
                rater="SECRET-rater",
                value=True,
                comment="SECRET comment",
                files=(AttachedFile(path="SECRET/photo.jpg", digest="ab"),),
            ),
        ),
        measurements=(
            *(attrs.evolve(each, query="SECRET-digest") for each in base.measurements),
            attrs.evolve(agent, breakdown="by-agent", group="SECRET Anna"),
            Measurement(
                metric="t.offered",
                kind="count",
                unit="all.r0.s0.anna",
                touchpoint="phone",
                n=300,
                value=300.0,
                statistics={"n": 300},
            ),
        ),
        breakdowns=(
            *base.breakdowns,
            Breakdown(id="by-agent", metrics=("t.offered",), by="agent_id"),
        ),
        findings=Findings.of([*base.findings, *(finding(*place) for place in PLACES)]),
        evidence=(
            EvidenceSet(
                item=ASKED.id, touchpoint="in-store", unit="all", total=6, shown=shown, dropped=0
            ),
            EvidenceSet(
                item=ASKED.id,
                touchpoint="in-store",
                unit="all.r0.s1",
                total=2,
                shown=(Evidence(kind="comment", source="x", quote="SECRET quote"),),
            ),
        ),
        agreement=(
            Agreement(item=ASKED.id, cases=4, raters=2, raw=0.5),
            Agreement(item=PROVED.id, cases=40, raters=2, raw=0.5),
        ),
        accounts=(
            SourceAccount(
                source="SECRET-source",
                table="calls",
                files={"/home/SECRET/calls.csv": "ab"},
                read=1170,
                kept=1160,
                rejected={"SECRET reason": 10},
                unreadable={"SECRET-column": 1},
                unknown_fields=("SECRET-field",),
                unmatched_units={"SECRET-code": 3},
                outside=12,
                untimed=11,
                losses=(
                    Loss(kind="units", column="unit", lost=20, of=1160, likely=("SECRET-code",)),
                    Loss(kind="values", column="wait_s", lost=3, of=200),
                ),
                samples=(QuarantinedRow(source="s", row=1, reason="r", raw="SECRET raw"),),
                quarantined_to="SECRET/quarantine",
                notes=("SECRET note",),
            ),
        ),
        waivers=(
            WaiverOutcome(
                waiver=Waiver(
                    item="in-store.*",
                    unit="all.r0.s1",
                    reason="being rebuilt",
                    approver="SECRET approver",
                    expires=date(2027, 1, 1),
                ),
                status="used",
                findings=1,
            ),
        ),
        gate=GateOutcome(
            gate=Gate(),
            passed=False,
            reasons=("critical item SECRET failed at all.r0.s1", "and another"),
        ),
        conduct=Conduct(staff_told=True, individual_results=True),
        problems=(RunProblem(stage="SECRET", subject="SECRET", cause="SECRET /home/x"),),
        notes=(Note(subject="SECRET", text="SECRET"),),
        provenance=Provenance(
            cxaudit="0",
            python="3",
            files={"/home/SECRET/audit.toml": "ab"},
            statements={"ab": "SELECT 'SECRET'"},
            plugins=(PluginRecord(name="acme", quarantined="SECRET cause"),),
        ),
        branding={"name": "Pier", "logo": "/home/SECRET/logo.png", "footer": "Pier Ltd"},
    )
    return attrs.evolve(made.scored(result), gate=result.gate, problems=result.problems)


def publish(result, audience="public", **more):
    return publication(result, made.scored, audience=audience, minimum=10, **more)


@pytest.mark.parametrize("audience", ["public", "client"])
@pytest.mark.parametrize("quotes", [True, False])
def test_nothing_secret_is_published(whole, audience, quotes):
    shown = publish(whole, audience, quotes=quotes).result
    if audience == "client":  # words about their own cases are the client's
        rows = [attrs.evolve(each, reason="") for each in shown.findings]
        shown = attrs.evolve(shown, findings=Findings.of(rows))
    text = made.SESSION.render(shown, "json")
    assert "SECRET" in made.SESSION.render(whole, "json")
    assert "SECRET" not in text
    assert ("They looked away" in text) is quotes


def test_it_is_a_result_of_the_published_form(whole):
    data = json.loads(made.SESSION.render(publish(whole).result, "json"))
    jsonschema.validate(data, schema())
    assert from_json(data) == publish(whole).result


def test_small_places_go_and_so_does_what_would_give_them_away(whole):
    shown = publish(whole).result
    asked = [(each.unit, each.n, each.state) for each in shown.findings if each.item == ASKED.id]
    assert asked == [
        ("all", 12, State.MEASURED),
        ("all.r0", 12, State.MEASURED),
        ("all.r0.s0", 0, State.INSUFFICIENT),
        ("all.r0.s1", 0, State.INSUFFICIENT),
    ]
    hidden = [each for each in shown.findings if each.reason.startswith("kept back: under 10 ")]
    assert {(each.score, each.value, each.low) for each in hidden} == {(None, None, None)}
    assert hidden[0].flags == Flag.CRITICAL | Flag.NOT_CLEARED


def test_a_fact_from_a_document_is_shown(whole):
    (found,) = [each for each in publish(whole).result.findings if each.item == PROVED.id]
    assert (found.n, found.score) == (1, 1.0)


def test_what_documents_say_is_said_to_be_of_documents(whole):
    """It may rest on fewer than every other number, so each text that gives the rule says so."""
    low = Findings.of(
        attrs.evolve(each, state=State.NOT_MET, score=0.0) if each.item == PROVED.id else each
        for each in whole.findings
    )
    shown = publish(attrs.evolve(whole, findings=low)).result
    text = as_markdown(plain_words(shown, 10))
    assert "fewer than 10 cases, unless it was read in documents." in text
    assert ": 0 out of 100, by 1 document\n" in text
    for told in (shown.notes[0].text, column_guide(shown, 10)):
        assert "fewer than 10 rows or cases are kept back (but not what documents say)" in told


def test_single_people_go_even_where_their_results_may_be_shown(whole):
    for audience in ("public", "client"):
        shown = publish(whole, audience).result
        assert {unit.kind for unit in shown.units} == {"organisation", "region", "site"}
        assert [each.id for each in shown.breakdowns] == ["queue"]
        assert {each.breakdown for each in shown.measurements} == {None, "queue"}


def test_what_each_day_was_like_is_left_out_and_intervals_allow_for_it(whole):
    """A day with one call, or a single visit, would be told by its weight in a direction."""
    days = Direction(
        evidence="calls by day",
        clusters=np.arange(4, dtype=np.int32),
        weights=np.array([0.5, -0.5, 0.5, -0.5], dtype=np.float16),
    )
    findings = Findings.of(attrs.evolve(each, direction=days) for each in whole.findings)
    measurements = tuple(attrs.evolve(each, direction=days) for each in whole.measurements)
    together = attrs.evolve(whole, findings=findings, measurements=measurements)
    shown = publish(together).result
    assert shown.findings.directions == ()
    assert {each.direction for each in shown.measurements} == {None}
    assert {each.overall.spread for each in shown.scorecard.units} == {None}
    alone = publish(whole).result.scorecard.root.overall
    wide = shown.scorecard.root.overall
    assert wide.value == alone.value
    assert wide.high - wide.low > alone.high - alone.low


def test_scores_are_those_of_what_is_shown(whole):
    shown = publish(whole).result
    card = made.scored(shown).scorecard
    units = (attrs.evolve(u, overall=attrs.evolve(u.overall, spread=None)) for u in card.units)
    assert shown.scorecard == attrs.evolve(card, units=tuple(units))
    assert [each.unit for each in shown.scorecard.units] == [
        "all",
        "all.r0",
        "all.r0.s0",
        "all.r0.s1",
    ]


def test_a_failed_gate_stays_failed_and_names_nothing_hidden(whole):
    gate = publish(whole).result.gate
    assert not gate.passed
    assert (
        gate.reasons
        == (
            "critical item in-store.greeted failed at all",
            "critical item in-store.greeted failed at all.r0",
        )
        or gate.reasons[-1] == "for reasons that are kept back"
    )
    few = attrs.evolve(whole, gate=attrs.evolve(whole.gate, reasons=("a", "b", "c")))
    assert publish(few).result.gate.reasons[-1] == "for reasons that are kept back"


def test_what_was_left_out_is_counted_and_said(whole):
    told = " ".join(note.text for note in publish(whole).result.notes)
    assert "fewer than 10 rows or cases" in told
    assert "Kept back: 2 of 17 findings" in told
    assert "1 of 5 units are left out, 1 of them single people" in told
    assert "1 of 2 breakdowns as a whole" in told
    assert "Left out: 1 answer, 1 case, 5 of 5 pieces of evidence" in told


def test_the_client_finds_its_rows_again_and_the_public_does_not(whole):
    (client,) = publish(whole, "client").result.evidence
    assert [(each.kind, each.source, each.key, each.fields) for each in client.shown] == [
        ("row", "calls.csv", "7", {}),
        ("comment", "calls.csv", "7", {}),
    ]
    (public,) = publish(whole).result.evidence
    assert (public.shown, public.total) == ((), 6)


def test_losses_are_published_without_codes_and_not_when_they_are_few(whole):
    (account,) = publish(whole).result.accounts
    assert (account.outside, account.untimed) == (12, 11)
    assert account.losses == (Loss(kind="units", column="unit", lost=20, of=1160),)


def test_every_field_of_a_result_is_decided():
    """A field that is added to results is not published until somebody decides so here."""
    assert {field.name for field in attrs.fields(AuditResult)} == {
        *("audit", "title", "client", "language", "wave", "checklist", "units", "cases"),
        *("answers", "metrics", "measurements", "breakdowns", "findings", "scorecard"),
        *("evidence", "agreement", "accounts", "themes", "waivers", "gate", "conduct", "worth"),
        *("problems", "notes", "provenance", "branding", "actions", "days"),
        # Never published: they would tell of few cases by subtraction.
        "disputed",
    }


def test_themes_that_few_wrote_of_go_and_words_only_stay_when_allowed(whole):
    words = Evidence(kind="row", source="SECRET.csv", key="4", quote="Too slow")
    slow, rare = (
        ThemeCount(
            theme=name, title=Text.of(name), table="calls", texts=texts, of=300, examples=(words,)
        )
        for name, texts in (("slow", 40), ("rare", 4))
    )
    result = attrs.evolve(whole, themes=(slow, rare))
    (kept,) = publish(result).result.themes
    assert (kept.theme, kept.texts, kept.examples) == ("slow", 40, ())
    (kept,) = publish(result, quotes=True).result.themes
    assert kept.examples == (Evidence(kind="comment", source="", quote="Too slow"),)


def at(touchpoint, n, unit="all"):
    return Measurement(
        metric="t.offered",
        kind="count",
        unit=unit,
        touchpoint=touchpoint,
        n=n,
        value=float(n),
        statistics={"n": n},
    )


@pytest.mark.parametrize(
    ("measured", "left"),
    [
        # A lone small touchpoint would be the rest of the one above.
        ({"message": 100, "message.chat": 96, "message.email": 4}, {"message"}),
        # Rows that lie in none of the touchpoints below are a part too.
        ({"message": 100, "message.chat": 60, "message.email": 36}, {"message", "message.chat"}),
        ({"message": 100, "message.chat": 50, "message.email": 50}, None),
        # Rows that are not told apart by touchpoint are the same rows.
        ({"organisation": 100, "phone": 100, "message": 100}, None),
        ({"organisation": 4, "phone": 4, "message": 4}, set()),
        # Between two levels one may be missing.
        ({"organisation": 100, "message.chat": 96, "phone": 4}, {"organisation"}),
    ],
)
def test_touchpoints_add_up_to_the_one_above(measured, left):
    base = made.result_of(made.tree(1), {("all.r0.s0", "q", made.ATOMS[0]): 100})
    found = tuple(at(touchpoint, n) for touchpoint, n in measured.items())
    result = attrs.evolve(base, measurements=found, breakdowns=(), findings=Findings.of([]))
    shown = {each.touchpoint for each in publish(result).result.measurements}
    assert shown == (set(measured) if left is None else left)


def test_a_comparator_counts_for_nothing_above_it():
    units = made.tree(2).units
    units = UnitTree((*units[:-1], attrs.evolve(units[-1], comparator=True)))
    base = made.result_of(made.tree(1), {("all.r0.s0", "q", made.ATOMS[0]): 100})
    found = (at("phone", 100, "all.r0"), at("phone", 100, "all.r0.s0"), at("phone", 4, "all.r0.s1"))
    result = attrs.evolve(
        base, units=units, measurements=found, breakdowns=(), findings=Findings.of([])
    )
    assert [each.n for each in publish(result).result.measurements] == [100, 100]


def test_a_table_of_which_the_whole_is_hidden_has_no_account():
    rows = {("all.r0.s0", "q", atom): 1 for atom in made.ATOMS}
    account = SourceAccount(source="calls", table="calls", read=4, kept=4)
    result = made.result_of(made.tree(1), rows, accounts=(account,))
    assert publish(result).result.accounts == ()


def test_breakdowns_that_group_one_column_in_several_ways_are_one_when_a_group_is_small():
    rows = {("all.r0.s0", f"q{n}", made.ATOMS[0]): count for n, count in enumerate((90, 80, 3))}
    breakdowns = {"queue": "queue", "again": "lower(queue)"}
    result = made.result_of(made.tree(1), rows, breakdowns=breakdowns)
    shown = publish(result).result
    assert [each.id for each in shown.breakdowns] == ["queue"]
    rows = dict.fromkeys(rows, 50)
    result = made.result_of(made.tree(1), rows, breakdowns=breakdowns)
    assert [each.id for each in publish(result).result.breakdowns] == ["queue", "again"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"audience": "internal"}, "no audience to publish for"),
        ({"audience": "public", "minimum": 0}, "a number from 1, not 0"),
    ],
)
def test_wrong_wishes_are_refused(whole, wrong, told):
    with pytest.raises(ValueError, match=told):
        publication(whole, made.scored, **wrong)


def test_scores_that_need_answers_are_refused(whole):
    def by_answers(result):
        scored = made.scored(result)
        root, *others = scored.scorecard.units
        overall = attrs.evolve(root.overall, value=0.1 * len(result.answers))
        units = (attrs.evolve(root, overall=overall), *others)
        return attrs.evolve(scored, scorecard=attrs.evolve(scored.scorecard, units=units))

    with pytest.raises(ValueError, match="scores from single answers"):
        publication(whole, by_answers, audience="public")
