"""Page one of the report: the answer, how sure it is, where it is worst, what to decide."""

from __future__ import annotations

from cxaudit._model.findings import Finding, Flag, State
from cxaudit._model.report import (
    Block,
    Matrix,
    MatrixCell,
    ScoreBlock,
    Section,
    Table,
    TextBlock,
)
from cxaudit._model.scores import Score
from cxaudit._report.chance import certain_sentence
from cxaudit._report.context import Context
from cxaudit._report.facts import fact, is_few
from cxaudit._report.sections.decisions import first_to_mend
from cxaudit._report.sections.gate import gate_words, law_words
from cxaudit._report.sections.headline import grade_of, headline, straddled
from cxaudit._report.sections.losses import loss_lines
from cxaudit._report.sections.promises import promises_kept
from cxaudit._words import numbers
from cxaudit._words.cells import score_block, widest
from cxaudit._words.language import N_, _, ngettext, translated

__all__ = ["certainty", "critical", "matrix", "summary"]

_LISTED = 40
"""Rows of a list on page one; what is beyond is counted."""
_CRITICAL = (
    (Flag.FAILED, N_("failed"), N_("compliance failed")),
    (Flag.SUSPECTED, N_("suspected"), N_("compliance suspected")),
    (Flag.NOT_CLEARED, N_("not cleared"), N_("compliance not cleared")),
)


def _score_block(context: Context, title: str, score: Score, grade: str | None) -> ScoreBlock:
    notes = []
    allowed = straddled(context, score, grade)
    if grade and allowed and not context.result.scorecard.root.capped:
        notes.append(_("The grade is that of the score alone."))
    if score.partial:
        notes.append(_("Partial: an area lies under the minimum of coverage."))
    words = translated(grade) if grade else grade
    return score_block(title, score, words, note=" ".join(notes), link="groupings")


def summary(context: Context) -> Section:
    """Return the answer, the score, the promises kept and the gate."""
    result, root = context.result, context.result.scorecard.root
    mend = first_to_mend(context)
    blocks: list[Block] = [
        TextBlock(text=headline(context), tone="lead"),
        *([TextBlock(text=mend)] if mend else []),
        _score_block(context, _("Does it serve as it says?"), root.overall, root.grade),
    ]
    if root.capped and root.overall.value is None:
        blocks.append(TextBlock(text=translated(root.capped), tone="warning"))
    if root.overall.scored:
        blocks.append(TextBlock(text=promises_kept(context)))
    if disputed := _disputed(context):
        blocks.append(TextBlock(text=disputed))
    if law := law_words(context):
        blocks.append(TextBlock(text=law))
    tone = "plain" if result.gate.passed and result.gate.enough else "warning"
    blocks.append(TextBlock(text=gate_words(context), tone=tone))
    blocks += loss_lines(result)
    return Section(id="summary", title=_("The answer"), blocks=tuple(blocks))


def _disputed(context: Context) -> str:
    """Return how many cases are disputed and what the score would be without them, if any are."""
    disputed = context.result.disputed
    if disputed is None or context.withheld:
        return ""
    cases = context.disputed(disputed.cases)
    if disputed.score is None:
        return ngettext(
            "{cases} is disputed and counts until that is decided; without it there would be no "
            "score.",
            "{cases} are disputed and count until that is decided; without them there would be no "
            "score.",
            disputed.cases,
            cases=cases,
        )
    score = numbers.score(disputed.score, 1)
    if score == numbers.score(context.result.scorecard.root.overall.value, 1):
        return ngettext(
            "{cases} is disputed and counts until that is decided; without it the score would be "
            "the same.",
            "{cases} are disputed and count until that is decided; without them the score would "
            "be the same.",
            disputed.cases,
            cases=cases,
        )
    return ngettext(
        "{cases} is disputed and counts until that is decided; without it the score would be "
        "{score}.",
        "{cases} are disputed and count until that is decided; without them the score would be "
        "{score}.",
        disputed.cases,
        cases=cases,
        score=score,
    )


def critical(context: Context) -> Section | None:
    """Return the critical items that failed, may have failed, or were not cleared.

    The worst of each kind lead: those that are not waived, then by their score.
    """
    flagged = sorted(
        (
            (rank, finding)
            for finding in context.findings
            if finding.flags
            for rank, (flag, _plain, _lawful) in enumerate(_CRITICAL)
            if finding.flags & flag
        ),
        key=lambda ranked: (ranked[0], *_badness(context, ranked[1])),
    )
    if not flagged:
        return None
    listed = flagged[:_LISTED]
    note = _with_rest(
        _(
            "Failed: the whole interval lies beyond the limit, or one case is proven. "
            "Suspected: only the point does. Not cleared: it should have been judged and is "
            "not known."
        ),
        len(flagged),
    )
    ties = sum(
        (rank, finding.score) == (listed[-1][0], listed[-1][1].score)
        for rank, finding in flagged[_LISTED:]
    )
    if ties:
        note += " " + ngettext(
            "{n} more is as bad as the last one.", "{n} more are as bad as the last one.", ties
        )
    table = Table(
        title=_("Critical items"),
        columns=(_("What"), _("Item"), _("Where"), _("What was found"), _("Score")),
        rows=tuple(_critical_row(context, rank, finding) for rank, finding in listed),
        numeric=(False, False, False, False, True),
        anchors=tuple(f"item-{finding.item}" for _rank, finding in listed),
        note=note,
    )
    return Section(id="critical", title=_("Critical items first"), blocks=(table,))


def _badness(context: Context, finding: Finding) -> tuple[bool, bool, float]:
    """Return a finding's sort key: the root's before its units', waived last, then by score."""
    score = 2.0 if finding.score is None else finding.score
    return finding.unit != context.root, bool(finding.flags & Flag.WAIVED), score


def _critical_row(context: Context, rank: int, finding: Finding) -> tuple[str, ...]:
    flag, plain, lawful = _CRITICAL[rank]
    words = [_(lawful if finding.flags & Flag.COMPLIANCE else plain)]
    if finding.flags & Flag.WAIVED:
        words.append(_("waived"))
    return (
        ", ".join(words),
        # "Not cleared: callers reach a person" would read as if they did.
        _("expected: {title}", title=context.expected(finding))
        if flag is Flag.NOT_CLEARED
        else context.title(finding),
        f"{context.touchpoint(finding.touchpoint)}, {context.unit(finding.unit)}",
        fact(context, finding, against=False, ranged=False) or context.why(finding) or numbers.DASH,
        numbers.DASH if is_few(context, finding) else numbers.score(finding.score),
    )


def _with_rest(note: str, total: int) -> str:
    """Return a list's note, with how much of it is listed where that is not all."""
    if total <= _LISTED:
        return note
    listed = _(
        "{shown} of {all} are listed.", shown=numbers.count(_LISTED), all=numbers.count(total)
    )
    return f"{note} {listed}"


def matrix(context: Context) -> Section | None:
    """Return the matrix of areas and touchpoints."""
    root = context.result.scorecard.root
    if not root.areas:
        return None
    title = _("Where is it worst and best?")
    if not root.cells:
        text = _("The policy scores areas and touchpoints, and not the two together.")
        return Section(id="matrix", title=title, blocks=(TextBlock(text=text, tone="note"),))
    areas = context.areas
    touchpoints = context.touchpoints
    failed = {
        (context.items[finding.item].area, finding.touchpoint.partition(".")[0])
        for finding in context.root_findings
        if finding.flags & Flag.FAILED and finding.item in context.items
    }
    outside = {
        (context.items[finding.item].area, finding.touchpoint.partition(".")[0])
        for finding in context.root_findings
        if finding.item in context.items and _is_outside(finding)
    }
    cells = []
    for area in areas:
        row = [
            _cell(
                context,
                root.cells.get((area, touchpoint)),
                f"findings-{area}",
                failed=(area, touchpoint) in failed,
                outside=(area, touchpoint) in outside,
            )
            for touchpoint in touchpoints
        ]
        apart = any(outside_area == area for outside_area, _touchpoint in outside)
        cells.append((*row, _cell(context, root.areas[area], f"findings-{area}", outside=apart)))
    cells.append(
        (
            *(
                _cell(context, root.touchpoints[touchpoint], "groupings")
                for touchpoint in touchpoints
            ),
            _cell(context, root.overall, "groupings"),
        )
    )
    block = Matrix(
        title=_("Score by area and touchpoint"),
        rows=(*(context.area(area) for area in areas), _("All")),
        columns=(*(context.touchpoint(touchpoint) for touchpoint in touchpoints), _("All")),
        cells=tuple(cells),
    )
    note = _("Scores of 100 with the ends of their interval.")
    if any(cell.value is not None and (cell.coverage or 0) < 1 for row in cells for cell in row):
        note += " " + _("What was not assessed is not in these.")
    return Section(id="matrix", title=title, blocks=(block, TextBlock(text=note, tone="note")))


def _is_outside(finding: Finding) -> bool:
    """Tell whether a finding applies and has no part in the score: compliance, or an outcome."""
    lawful = bool(finding.flags & Flag.COMPLIANCE) and not finding.state.neutral
    return lawful or finding.state is State.INFORMATIVE


def _cell(
    context: Context,
    score: Score | None,
    link: str,
    *,
    failed: bool = False,
    outside: bool = False,
) -> MatrixCell:
    if score is None or not score.scored + score.unknown:
        neutral = score is not None and score.neutral
        note = _("does not apply") if neutral else _("no item")
        if outside:
            note = _("outside the score")
        link = link if neutral or outside else ""
        return MatrixCell(value=None, note=note, critical=failed, link=link)
    note = _("not assessed") if score.value is None else translated(grade_of(context, score.value))
    wide = numbers.interval(score.low, score.high) != numbers.DASH
    return MatrixCell(
        value=score.value,
        low=score.low if wide else None,
        high=score.high if wide else None,
        coverage=score.coverage,
        note=note,
        critical=failed,
        link=link,
    )


def certainty(context: Context) -> Section | None:
    """Return how sure the score is, and what was not assessed with the reasons."""
    result, overall = context.result, context.result.scorecard.root.overall
    blocks: list[Block] = []
    if sentence := certain_sentence(context):
        blocks.append(TextBlock(text=sentence))
    if overall.coverage is not None:
        parts = [_("{share} of the weight was assessed.", share=numbers.percent(overall.coverage))]
        ends = numbers.interval(*widest(overall))
        if ends != numbers.DASH and overall.coverage < 1:
            parts.append(
                _(
                    "If all the rest were wrong, or right, and chance beside it, the score could "
                    "be {interval}.",
                    interval=ends,
                )
            )
        blocks.append(TextBlock(text=" ".join(parts)))
    if result.scorecard.under_coverage:
        names = ", ".join(context.area(area) for area in result.scorecard.under_coverage)
        least = numbers.percent(result.checklist.min_coverage)
        text = _("Under the minimum of {least} coverage: {areas}.", least=least, areas=names)
        blocks.append(TextBlock(text=text, tone="warning"))
    unknown = [finding for finding in context.root_findings if finding.state.unknown]
    if unknown:
        listed = sorted(unknown, key=lambda finding: -finding.weight)[:_LISTED]
        listed = sorted(unknown, key=lambda finding: -finding.weight)[:_LISTED]
        rows = tuple(
            (
                context.title(finding),
                context.touchpoint(finding.touchpoint),
                context.why(finding),
            )
            for finding in listed
        )
        blocks.append(
            Table(
                title=_("Not assessed"),
                columns=(_("Item"), _("Touchpoint"), _("Why")),
                rows=rows,
                anchors=tuple(f"item-{finding.item}" for finding in listed),
                note=_with_rest(
                    ngettext(
                        "{n} finding not assessed.", "{n} findings not assessed.", len(unknown)
                    ),
                    len(unknown),
                ),
            )
        )
    elif overall.scored and not overall.unknown:
        blocks.append(TextBlock(text=_("Everything that applies was assessed.")))
    if not blocks:
        return None
    return Section(id="certainty", title=_("How sure are we?"), blocks=tuple(blocks))
