"""Words that every renderer puts beside a score or into a cell, so that documents agree."""

from __future__ import annotations

from cxaudit._model.report import MatrixCell, ScoreBlock
from cxaudit._reports import numbers

__all__ = ["cell_words", "score_facts", "written"]


def written(value: str | float | None) -> str:
    """Return the content of a table's cell as text."""
    if value is None:
        return numbers.DASH
    if isinstance(value, str):
        return value
    return numbers.count(value) if isinstance(value, int) else numbers.number(value)


def cell_words(cell: MatrixCell) -> str:
    """Return what a matrix cell says in words."""
    return cell.note or ("not assessed" if cell.value is None else "")


def score_facts(block: ScoreBlock) -> list[str]:
    """Return how sure a score is, in short sentences."""
    facts = []
    if block.value is not None and block.low is not None:
        facts.append(f"Likely {numbers.interval(block.low, block.high)}.")
    if block.coverage is not None:
        facts.append(f"{numbers.percent(block.coverage)} assessed.")
        if block.coverage < 1 and block.lowest is not None:
            ends = numbers.interval(block.lowest, block.highest)
            facts.append(f"{ends} if all the rest were wrong, or right.")
    return facts
