"""Page one of the report: the answer, how sure it is, where it is worst, what to decide."""

from __future__ import annotations

from collections import Counter

from cxaudit._model.checklist import Item
from cxaudit._model.findings import Finding, Flag
from cxaudit._model.report import (
    Action,
    Block,
    Heading,
    Matrix,
    MatrixCell,
    Quote,
    ScoreBlock,
    Section,
    Table,
    TextBlock,
)
from cxaudit._model.scores import Score
from cxaudit._reports import numbers
from cxaudit._reports.context import STATES, Context
from cxaudit._reports.headline import grade_of, headline, straddled

__all__ = ["certainty", "critical", "decide", "matrix", "quotes", "summary", "target"]

_DECISIONS = 5
_QUOTES = 6
_LISTED = 40
"""Rows of a list on page one; what is beyond is counted."""


def _score_block(context: Context, title: str, score: Score, grade: str | None) -> ScoreBlock:
    notes = []
    if grade and not context.result.scorecard.root.capped and straddled(context, score, grade):
        notes.append(f"Graded by its point; {straddled(context, score, grade)}.")
    if score.partial:
        notes.append("Partial: an area lies under the minimum of coverage.")
    return ScoreBlock(
        title=title,
        value=score.value,
        grade=grade,
        coverage=score.coverage,
        lowest=score.lowest,
        highest=score.highest,
        low=score.low,
        high=score.high,
        note=" ".join(notes),
        link="groupings",
    )


def summary(context: Context) -> Section:
    """Return the answer, the score, the promises kept and the gate."""
    result, root = context.result, context.result.scorecard.root
    blocks: list[Block] = [
        TextBlock(text=headline(context), tone="lead"),
        _score_block(context, "Does it serve as it says?", root.overall, root.grade),
    ]
    if root.capped and root.overall.value is None:
        blocks.append(TextBlock(text=root.capped, tone="warning"))
    if root.overall.scored:
        blocks.append(TextBlock(text=_promises(context)))
    if root.compliance is not None and root.compliance.scored + root.compliance.unknown:
        blocks.append(_score_block(context, "Compliance", root.compliance, None))
    gate = result.gate
    if not gate.enough:
        words = "Gate: not enough basis to say"
    else:
        words = "Gate: passed" if gate.passed else "Gate: not passed"
    reasons = "; ".join(reason.rstrip(".") for reason in gate.reasons)
    tone = "plain" if gate.passed and gate.enough else "warning"
    blocks.append(TextBlock(text=f"{words}: {reasons}." if reasons else f"{words}.", tone=tone))
    return Section(id="summary", title="The answer", blocks=tuple(blocks))


def _promises(context: Context) -> str:
    scored = [each for each in context.root_findings if each.state.scored and each.weight > 0]
    kept = sum(each.score == 1 for each in scored)
    text = f"{numbers.count(kept)} of {numbers.plural(len(scored), 'promise')} kept in full."
    basis: Counter[str] = Counter()
    for each in context.root_findings:
        item = context.items.get(each.item)
        if item is None or each.state.neutral:
            continue
        parameter = context.parameter(item)
        if parameter is not None:
            basis[parameter.basis or "none"] += 1
    if not basis:
        return text
    words = {
        "promise": "against the client's own promise",
        "policy": "against its policy",
        "law": "against the law",
        "reference": "against an agreed reference",
        "none": "with no target stated",
    }
    parts = [
        f"{numbers.count(basis[key])} {words.get(key, f'against {key}')}"
        for key in dict.fromkeys((*words, *sorted(basis)))
        if basis[key]
    ]
    return f"{text} Where a target decides: {', '.join(parts)}."


def critical(context: Context) -> Section | None:
    """Return the critical items that failed, may have failed, or were not cleared."""
    order = (
        (Flag.FAILED, "failed"),
        (Flag.SUSPECTED, "suspected"),
        (Flag.NOT_CLEARED, "not cleared"),
    )
    rows: list[tuple[str | float | int | None, ...]] = []
    anchors = []
    for flag, word in order:
        for each in context.findings:
            if not each.flags & flag:
                continue
            waived = ", waived" if each.flags & Flag.WAIVED else ""
            kind = "compliance " if each.flags & Flag.COMPLIANCE else ""
            rows.append(
                (
                    f"{kind}{word}{waived}",
                    context.title(each),
                    f"{context.touchpoint(each.touchpoint)}, {context.unit(each.unit)}",
                    context.result_words(each),
                    numbers.interval(each.low, each.high)
                    if not context.few(each)
                    else numbers.DASH,
                )
            )
            anchors.append(f"item-{each.item}")
    if not rows:
        return None
    shown = rows[:_LISTED]
    table = Table(
        title="Critical items",
        columns=("What", "Item", "Where", "Score", "Interval"),
        rows=tuple(shown),
        numeric=(False, False, False, True, True),
        anchors=tuple(anchors[:_LISTED]),
        note="Failed: the whole interval lies beyond the limit, or one case is proven. Suspected: "
        "only the point does. Not cleared: it should have been judged and is not known."
        + _beyond(len(rows), _LISTED),
    )
    return Section(id="critical", title="Critical items first", blocks=(table,))


def _beyond(total: int, shown: int) -> str:
    more = total - shown
    return f" {numbers.count(shown)} of {numbers.count(total)} are listed." if more > 0 else ""


def matrix(context: Context) -> Section:
    """Return the matrix of areas and touchpoints."""
    root = context.result.scorecard.root
    title = "Where is it worst and best?"
    if root.areas and not root.cells:
        text = "The policy scores areas and touchpoints, and not the two together."
        return Section(id="matrix", title=title, blocks=(TextBlock(text=text, tone="note"),))
    areas = context.areas
    touchpoints = context.touchpoints
    failed = {
        (context.items[each.item].area, each.touchpoint.partition(".")[0])
        for each in context.root_findings
        if each.flags & Flag.FAILED and each.item in context.items
    }
    cells = []
    for area in areas:
        row = [
            _cell(
                context,
                root.cells.get((area, touchpoint)),
                f"findings-{area}",
                failed=(area, touchpoint) in failed,
            )
            for touchpoint in touchpoints
        ]
        cells.append((*row, _cell(context, root.areas[area], f"findings-{area}")))
    cells.append(
        (
            *(_cell(context, root.touchpoints[each], "groupings") for each in touchpoints),
            _cell(context, root.overall, "groupings"),
        )
    )
    block = Matrix(
        title="Score by area and touchpoint",
        rows=(*(context.area(area) for area in areas), "All"),
        columns=(*(context.touchpoint(each) for each in touchpoints), "All"),
        cells=tuple(cells),
    )
    note = TextBlock(
        text="Scores of 100 with the ends of their interval.",
        tone="note",
    )
    return Section(id="matrix", title=title, blocks=(block, note))


def _cell(context: Context, score: Score | None, link: str, *, failed: bool = False) -> MatrixCell:
    if score is None or not score.scored + score.unknown:
        neutral = score is not None and score.neutral
        note = "does not apply" if neutral else "no item"
        return MatrixCell(value=None, note=note, critical=failed, link=link if neutral else "")
    note = "not assessed" if score.value is None else grade_of(context, score.value)
    return MatrixCell(
        value=score.value,
        low=score.low,
        high=score.high,
        coverage=score.coverage,
        note=note,
        critical=failed,
        link=link,
    )


def urgency(finding: Finding) -> float:
    """Return weight x shortfall x certainty; certainty is 1 less the width of the interval."""
    assert finding.score is not None
    low, high = finding.low, finding.high
    width = 1.0 if low is None or high is None else high - low
    return finding.weight * (1 - finding.score) * (1 - width)


def decide(context: Context) -> Section | None:
    """Return the worst findings of the root with their advice."""
    worst = sorted(
        (
            each
            for each in context.root_findings
            if each.state.scored
            and each.score is not None
            and each.score < 1
            and each.weight > 0
            and not each.flags & Flag.WAIVED
            and each.item in context.items
        ),
        key=lambda each: (
            not each.flags & Flag.FAILED,
            -urgency(each),
            -each.weight * (1 - (each.score or 0)),
        ),
    )
    if not worst:
        return None
    blocks: list[Block] = []
    for place, each in enumerate(worst[:_DECISIONS], 1):
        item = context.items[each.item]
        blocks.append(
            Heading(text=f"{place}. {context.title(each)}", level=3, link=f"item-{each.item}")
        )
        blocks.append(TextBlock(text=_told(context, each, item)))
        advice = context.text(item.guidance.advice)
        if advice:
            blocks.append(Action(text=advice))
    left = len(worst) - _DECISIONS
    rest = (
        f" {numbers.plural(left, 'more finding')} fell short; see the findings." if left > 0 else ""
    )
    blocks.append(
        TextBlock(
            text="In the order of weight, shortfall and how sure the shortfall is; failed critical "
            f"items first.{rest}",
            tone="note",
        )
    )
    return Section(id="decide", title="What shall we decide?", blocks=tuple(blocks))


def _told(context: Context, each: Finding, item: Item) -> str:
    few = context.few(each)
    parts = [f"{context.touchpoint(each.touchpoint)}: "]
    if few:
        parts.append(f"{few}.")
    else:
        parts.append(f"score {numbers.score(each.score)}")
        if each.low is not None and each.high is not None:
            parts.append(f" ({numbers.interval(each.low, each.high)})")
        parts.append(f", over {context.cases(each, each.n)}." if each.n else ".")
    if each.value is not None and not (few and context.value_words(each) == few):
        ends = context.value_interval(each)
        interval = f" ({ends})" if ends != numbers.DASH else ""
        parts.append(f" Value {context.value_words(each)}{interval}.")
    if each.value is None and each.reason and item.check is not None:
        parts.append(f" {each.reason[:1].upper()}{each.reason[1:]}.")
    parameter = context.parameter(item)
    if parameter is not None and parameter.value is not None:
        parts.append(f" {(parameter.basis or 'target').capitalize()}: {target(context, item)}.")
    if each.flags & Flag.FAILED:
        parts.append(" A critical item failed.")
    if each.flags & Flag.TENTATIVE:
        parts.append(" Tentative: the interval holds the target.")
    return "".join(parts)


def target(context: Context, item: Item) -> str:
    """Return an item's target in words, or a dash when none was given."""
    settings = item.check.settings if item.check else {}
    value = settings.get("target")
    unit, kind = "", ""
    if item.check is not None:
        metric = context.metrics.get(str(settings.get("metric")))
        unit, kind = (metric.unit, metric.kind.value) if metric else ("", "")
    elif item.ask is not None and item.ask.curve is not None:
        value = item.ask.curve.target
        unit = "seconds" if item.ask.answer == "time" else item.ask.unit
    if value is None or isinstance(value, bool):
        return numbers.DASH
    parameter = context.parameter(item)
    if isinstance(value, (int, float)):
        return numbers.quantity(float(value), unit or (parameter.unit if parameter else ""), kind)
    return str(value)


def certainty(context: Context) -> Section:
    """Return how sure the score is, and what was not assessed with the reasons."""
    result, overall = context.result, context.result.scorecard.root.overall
    blocks: list[Block] = []
    if overall.value is not None and overall.low is not None:
        blocks.append(
            TextBlock(
                text=f"The score is likely {numbers.interval(overall.low, overall.high)} "
                "(95 % interval; what it leaves out stands under Method)."
            )
        )
    if overall.coverage is not None:
        text = f"{numbers.percent(overall.coverage)} of the weight was assessed."
        if overall.lowest is not None and overall.coverage < 1:
            text += (
                " If all the rest were wrong, or right, the score would be "
                f"{numbers.interval(overall.lowest, overall.highest)}."
            )
        blocks.append(TextBlock(text=text))
    if result.scorecard.under_coverage:
        names = ", ".join(context.area(area) for area in result.scorecard.under_coverage)
        least = numbers.percent(result.checklist.min_coverage)
        blocks.append(
            TextBlock(text=f"Under the minimum of {least} coverage: {names}.", tone="warning")
        )
    unknown = [each for each in context.root_findings if each.state.unknown]
    if unknown:
        rows = tuple(
            (
                context.title(each),
                context.touchpoint(each.touchpoint),
                each.reason or STATES[each.state].partition(": ")[2],
            )
            for each in sorted(unknown, key=lambda each: -each.weight)[:_LISTED]
        )
        blocks.append(
            Table(
                title="Not assessed",
                columns=("Item", "Touchpoint", "Why"),
                rows=rows,
                anchors=tuple(
                    f"item-{each.item}"
                    for each in sorted(unknown, key=lambda each: -each.weight)[:_LISTED]
                ),
                note=f"{numbers.plural(len(unknown), 'finding')} not assessed."
                + _beyond(len(unknown), _LISTED),
            )
        )
    elif overall.scored:
        blocks.append(TextBlock(text="Everything that applies was assessed."))
    if not blocks:
        blocks.append(TextBlock(text="There is nothing to be sure of: no item was judged."))
    return Section(id="certainty", title="How sure are we?", blocks=tuple(blocks))


def quotes(context: Context) -> Section | None:
    """Return some words of customers and auditors, one an item."""
    found: list[Block] = []
    for sets in context.evidence.values():
        words = ((piece.quote, each) for each in sets for piece in each.shown if piece.quote)
        quote, each = next(words, ("", None))
        if each is not None and len(found) < _QUOTES:
            place = f"{context.touchpoint(each.touchpoint)}, {context.unit(each.unit)}"
            found.append(Quote(text=quote, source=place))
    return Section(id="quotes", title="In their words", blocks=tuple(found)) if found else None
