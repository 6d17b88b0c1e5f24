"""Words that every renderer puts beside a score or into a cell, so that documents agree."""

from __future__ import annotations

from cxaudit._model.report import (
    Distribution,
    Funnel,
    MatrixCell,
    Ranking,
    ScoreBlock,
    Series,
    Table,
)
from cxaudit._model.scores import Score
from cxaudit._words import numbers
from cxaudit._words.language import N_, _

__all__ = [
    "cell_words",
    "chart_table",
    "ranking_table",
    "score_block",
    "score_facts",
    "widest",
    "written",
]

_SIDES = {
    ("", ""): N_("within"),
    ("above", ""): N_("above"),
    ("below", ""): N_("below"),
    ("above", "better"): N_("better (above)"),
    ("below", "better"): N_("better (below)"),
    ("above", "worse"): N_("worse (above)"),
    ("below", "worse"): N_("worse (below)"),
}


def written(value: str | float | None) -> str:
    """Return the content of a table's cell as text."""
    if value is None:
        return numbers.DASH
    if isinstance(value, str):
        return value
    return numbers.count(value) if isinstance(value, int) else numbers.number(value)


def cell_words(cell: MatrixCell) -> str:
    """Return what a matrix cell says in words."""
    return cell.note or (_("not assessed") if cell.value is None else "")


def score_block(
    title: str, score: Score, grade: str | None, *, note: str = "", link: str = ""
) -> ScoreBlock:
    """Return the block that shows a score."""
    lowest, highest = widest(score)
    return ScoreBlock(
        title=title,
        value=score.value,
        grade=grade,
        coverage=score.coverage,
        lowest=lowest,
        highest=highest,
        low=score.low,
        high=score.high,
        note=note,
        link=link,
    )


def widest(score: Score) -> tuple[float | None, float | None]:
    """Return the ends that chance and what was not assessed leave together.

    They are the bounds, each moved outwards by as much as the interval's end lies from the score:
    what was scored has at most as large a part in a bound as in the score.
    """
    ends = score.lowest, score.highest
    if None in (*ends, score.value, score.low, score.high):
        return ends
    assert score.value is not None
    assert score.lowest is not None
    assert score.highest is not None
    assert score.low is not None
    assert score.high is not None
    lowest = score.lowest - (score.value - score.low)
    highest = score.highest + (score.high - score.value)
    return max(0.0, lowest), min(1.0, highest)


def score_facts(block: ScoreBlock) -> list[str]:
    """Return how sure a score is, in short sentences."""
    facts = []
    chance = numbers.interval(block.low, block.high)
    possible = numbers.interval(block.lowest, block.highest)
    partly = block.coverage is not None and block.coverage < 1 and possible != numbers.DASH
    if block.value is not None and block.low is not None:
        if block.low == block.high:
            facts.append(_("All that is likely scores the same."))
        elif chance != numbers.DASH and not partly:
            facts.append(_("Likely {interval}.", interval=chance))
    if partly and block.value is not None and chance != numbers.DASH:
        facts.append(
            _(
                "Likely {interval} for what was assessed (inner range); {possible} with the "
                "{share} that was not (outer range).",
                interval=chance,
                possible=possible,
                share=numbers.percent(1 - (block.coverage or 0.0)),
            )
        )
    elif block.coverage is not None:
        facts.append(_("{share} assessed.", share=numbers.percent(block.coverage)))
        if partly:
            facts.append(_("{interval} if all the rest were wrong, or right.", interval=possible))
    return facts


def chart_table(block: Series | Distribution | Funnel) -> Table:
    """Return a chart's numbers as a table; one without points says that nothing is known."""
    note, rows = "", list[tuple[str, ...]]()
    match block:
        case Series():
            columns: tuple[str, ...] = (_("Point"), _("Measured"))
            rows = [(name, numbers.quantity(at, block.unit)) for name, at in block.points]
        case Distribution():
            columns = (_("Point"), _("Count"))
            rows = [(name, numbers.count(count)) for name, count in block.bins]
        case Funnel():
            columns = (_("Name"), _("n"), _("Share"), _("Against the limits"))
            rows = [
                (
                    point.name,
                    numbers.count(point.n),
                    numbers.percent(point.value),
                    _(_SIDES.get((point.side, block.judged(point)), point.side)),
                )
                for point in block.points
            ]
            mean = _("Mean {share}.", share=numbers.percent(block.mean))
            note = f"{mean} {block.note}".strip()
    if not rows:
        return Table(
            title=block.title,
            columns=(_("Measured"),),
            rows=((_("No value is known."),),),
            note=note,
        )
    return Table(
        title=block.title,
        columns=columns,
        rows=tuple(rows),
        numeric=(False, True, True, False)[: len(columns)],
        note=note,
    )


def ranking_table(block: Ranking) -> Table:
    """Return a ranking as a table."""
    rows = tuple(
        (
            row.rank or numbers.DASH,
            row.name,
            numbers.score(row.value),
            numbers.interval(row.low, row.high),
            row.note,
        )
        for row in block.rows
    )
    return Table(
        title=block.title,
        columns=(_("Rank"), _("Name"), _("Score"), _("Interval"), _("In words")),
        rows=rows,
        numeric=(True, False, True, True, False),
        anchors=tuple(row.link for row in block.rows),
    )
