"""The report as Markdown (GitHub's flavour), every text escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cxaudit._model.report import (
    Action,
    Block,
    Distribution,
    Funnel,
    Heading,
    Image,
    Matrix,
    MatrixCell,
    Quote,
    Ranking,
    Report,
    ScoreBlock,
    Series,
    Table,
    TextBlock,
)
from cxaudit._words import numbers
from cxaudit._words.cells import cell_words, chart_table, ranking_table, score_facts, written
from cxaudit._words.clean import cleaned
from cxaudit._words.language import _

__all__ = ["render_markdown"]

_MARKS = re.compile(r"([\\`*_{}\[\]<>|#~&!$])")
_START = re.compile(r"^(\s*)([-+](?=\s|$)|[-=](?=[-=]*\s*$)|\d+(?=[.)](?:\s|$)))")
_LINK = re.compile(r"(?i)\b(https?|ftp|www|mailto)([:.])")


def render_markdown(report: Report) -> str:
    """Return the report as Markdown."""
    report = cleaned(report)
    parts = [f"# {_text(report.title)}"]
    if report.subtitle:
        parts.append(_text(report.subtitle))
    for section in report.sections:
        parts.append(f"## {_text(section.title)}")
        for block in section.blocks:
            parts += _block(block)
    if report.footer:
        parts += ["---", _text(report.footer)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _text(text: str) -> str:
    escaped = _MARKS.sub(r"\\\1", text)
    escaped = _LINK.sub(r"\1<!-- -->\2", escaped)
    return _START.sub(lambda match: f"{match[1]}{_start(match[2])}", escaped)


def _start(mark: str) -> str:
    """Keep a list, rule or underline from starting: digits take the escape after them."""
    return f"{mark}\\" if mark.isdigit() else f"\\{mark}"


def _block(block: Block) -> Iterable[str]:
    match block:
        case Heading():
            return [f"{'#' * (min(max(block.level, 1), 3) + 1)} {_text(block.text)}"]
        case TextBlock():
            mark = {"lead": "**", "note": "*"}.get(block.tone, "")
            text = f"{mark}{_text(block.text)}{mark}"
            warning = _("Note:")
            return [f"**{warning}** {text}" if block.tone == "warning" else text]
        case ScoreBlock():
            return _score(block)
        case Matrix():
            return _matrix(block)
        case Table():
            return _table(block)
        case Quote():
            return [f"> {_text(block.text)}\n>\n> — {_text(block.source)}"]
        case Action():
            facts = "; ".join(part for part in (block.owner, block.due, block.effect) if part)
            return [f"→ **{_text(block.text)}**" + (f" ({_text(facts)})" if facts else "")]
        case Ranking():
            return _table(ranking_table(block))
        case Series() | Distribution() | Funnel():
            return _table(chart_table(block))
        case Image():
            return [f"[{_text(block.text)}]", _text(block.caption)]


def _score(block: ScoreBlock) -> list[str]:
    grade = f" — {_text(block.grade)}" if block.grade else ""
    points = _("{score} of 100", score=numbers.score(block.value, 1))
    facts = " ".join(score_facts(block))
    return [f"**{_text(block.title)}** {points}{grade}", _text(facts), _text(block.note)]


def _matrix(block: Matrix) -> list[str]:
    rows = [
        (name, *(_cell(cell) for cell in cells))
        for name, cells in zip(block.rows, block.cells, strict=True)
    ]
    numeric = (False, *(True for _ in block.columns))
    parts = [f"**{_text(block.title)}**", _grid(("", *block.columns), numeric, rows)]
    if any(cell.critical for cells in block.cells for cell in cells):
        failed = _("a critical item failed")
        parts.append(f"✕ {failed}")
    return parts


def _cell(cell: MatrixCell) -> str:
    mark = "✕ " if cell.critical else ""
    if cell.value is None:
        return f"{mark}{cell_words(cell)}"
    ends = f" ({numbers.interval(cell.low, cell.high)})" if cell.low is not None else ""
    return f"{mark}{numbers.score(cell.value)}{ends}"


def _table(block: Table) -> list[str]:
    numeric = block.numeric or (False,) * len(block.columns)
    rows = [tuple(written(value) for value in row) for row in block.rows]
    title = f"**{_text(block.title)}**" if block.title else ""
    grid = _grid(block.columns, numeric, rows) if rows else _("none")
    return [title, grid, f"*{_text(block.note)}*" if block.note else ""]


def _grid(columns: Sequence[str], numeric: Sequence[bool], rows: Sequence[Sequence[str]]) -> str:
    lines = [
        "| " + " | ".join(_text(column) for column in columns) + " |",
        "| " + " | ".join("---:" if right else "---" for right in numeric) + " |",
    ]
    lines += ["| " + " | ".join(_text(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)
