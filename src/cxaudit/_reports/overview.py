"""Page one of the report: the answer, how sure it is, where it is worst, what to decide."""

from __future__ import annotations

from collections import Counter

from cxaudit._model.findings import Flag
from cxaudit._model.report import (
    Block,
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
from cxaudit._reports.cells import score_block
from cxaudit._reports.context import STATES, Context
from cxaudit._reports.decisions import first_to_mend
from cxaudit._reports.headline import grade_of, headline, straddled

__all__ = ["certainty", "comparison", "critical", "matrix", "quotes", "summary"]

_QUOTES = 2
_LISTED = 40
"""Rows of a list on page one; what is beyond is counted."""


def _score_block(context: Context, title: str, score: Score, grade: str | None) -> ScoreBlock:
    notes = []
    if grade and not context.result.scorecard.root.capped and straddled(context, score, grade):
        notes.append(f"Graded by its point; {straddled(context, score, grade)}.")
    if score.partial:
        notes.append("Partial: an area lies under the minimum of coverage.")
    return score_block(title, score, grade, note=" ".join(notes), link="groupings")


def summary(context: Context) -> Section:
    """Return the answer, the score, the promises kept and the gate."""
    result, root = context.result, context.result.scorecard.root
    mend = first_to_mend(context)
    blocks: list[Block] = [
        TextBlock(text=headline(context), tone="lead"),
        *([TextBlock(text=mend)] if mend else []),
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
    flagged = [each for each in context.findings if each.flags]
    for flag, word in order:
        for each in flagged:
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
    """Return two quotes, one an item; what customers and staff said before what auditors noted."""
    found: list[tuple[bool, Quote]] = []
    for sets in context.evidence.values():
        words = ((piece, each) for each in sets for piece in each.shown if piece.quote)
        piece, each = next(words, (None, None))
        if piece is not None and each is not None:
            place = f"{context.touchpoint(each.touchpoint)}, {context.unit(each.unit)}"
            found.append((piece.kind != "hit", Quote(text=piece.quote, source=place)))
    found.sort(key=lambda each: each[0])
    blocks = tuple(quote for _, quote in found[:_QUOTES])
    return Section(id="quotes", title="In their words", blocks=blocks) if blocks else None


def comparison(context: Context) -> Section:
    """Return whether it is better or worse than last time."""
    wave = context.result.wave
    now = f"wave {wave.id}" if wave is not None else "this audit"
    text = f"Nobody can say yet: the result of {now} holds no earlier one to compare with."
    block = TextBlock(text=text, tone="note")
    return Section(id="comparison", title="Better or worse than last time?", blocks=(block,))
