"""The report for a terminal: readable at 80 columns and without colour."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cxaudit._model.identifiers import short
from cxaudit._model.plan import Precision
from cxaudit._model.report import (
    Action,
    Block,
    Distribution,
    Funnel,
    Heading,
    Image,
    Interval,
    Matrix,
    MatrixCell,
    Quote,
    Ranking,
    Report,
    ScoreBlock,
    Section,
    Series,
    Table,
    TextBlock,
)
from cxaudit._words import numbers
from cxaudit._words.cells import cell_words, chart_table, ranking_table, score_facts, written
from cxaudit._words.clean import cleaned
from cxaudit._words.language import _, ngettext, speaking

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

__all__ = ["render_precision", "render_terminal"]

_WIDTH = 80
_LONG = (
    "findings-",
    "all-units",
    "agreement",
    "waivers",
    "sources",
    "method",
    "provenance",
    "groupings",
)
_BAR = 24
_GAP = 3


def render_terminal(
    report: Report,
    width: int | None = None,
    colour: bool | None = None,  # noqa: FBT001
    *,
    full: bool = False,
) -> str:
    """Return the report as text for a terminal.

    Args:
        report: The report.
        width: Columns of the terminal; None is 80.
        colour: Whether to use colour and weight; None is without.
        full: Also print what documents hold in full: every finding, sources, method.
    """
    report = cleaned(report)
    out, console = _console(width, colour)
    _print(console, report.title, "bold")
    if report.subtitle:
        _print(console, report.subtitle, "dim")
    left = []
    for section in report.sections:
        if not full and section.id.startswith(_LONG):
            left.append(section.title)
        else:
            _section(console, section)
    if left:
        console.print()
        _print(console, _("Also in the report: {sections}.", sections="; ".join(left)), "dim")
    if report.footer:
        console.print()
        _print(console, report.footer, "dim")
    return _lines(out)


def _console(width: int | None, colour: bool | None) -> tuple[io.StringIO, Console]:  # noqa: FBT001
    from rich.console import Console

    out = io.StringIO()
    console = Console(
        file=out,
        width=max(width or _WIDTH, 20),
        force_terminal=bool(colour),
        color_system="standard" if colour else None,
        no_color=not colour,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        _environ={},
    )
    return out, console


def _lines(out: io.StringIO) -> str:
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def render_precision(precision: Sequence[Precision], language: str) -> str:
    """Return as a table how sure shares would be; items on as many cases in one line."""
    groups: dict[tuple[str, int, float | None, int], int] = {}
    rows = []
    with speaking(language):
        for expected in precision:
            if expected.item:
                key = expected.touchpoint, expected.n, expected.half_width, expected.needed
                groups[key] = groups.get(key, 0) + 1
            else:
                sure = _sure(expected.half_width, expected.needed)
                rows.append((short(expected.metric), *_effective(expected), *sure))
        asked = (
            (
                ": ".join((touchpoint, ngettext("{n} item", "{n} items", items))),
                ngettext("{n} case", "{n} cases", n),
                numbers.count(n),
                *_sure(half, needed),
            )
            for (touchpoint, n, half, needed), items in groups.items()
        )
        table = Table(
            title=_("How sure a share of 80 % would be"),
            columns=(
                _("Of what"),
                _("On"),
                _("Count as"),
                _("Give or take"),
                _("Needed"),
            ),
            rows=(*asked, *rows),
            numeric=(False, True, True, True, True),
            note=_(
                "Give or take: half the width of the 95 % interval. Needed: so many tell 80 % from "
                "90 %, in 80 of 100 such audits. Records vary as they did last time."
            ),
        )
        out, console = _console(None, None)
        _table(console, table)
        return _lines(out)


def _effective(expected: Precision) -> tuple[str, str]:
    records = ngettext("{n} record", "{n} records", expected.n)
    return records, numbers.count(round(expected.n / expected.design_effect))


def _sure(half: float | None, needed: int) -> tuple[str, str]:
    if half is None:
        return numbers.DASH, numbers.count(needed)
    points = _("{points} points", points=numbers.number(round(100 * half, 1)))
    return points, numbers.count(needed)


def _print(console: Console, text: str, style: str = "") -> None:
    from rich.text import Text

    console.print(Text(text, style=style, overflow="fold"))


def _section(console: Console, section: Section) -> None:
    console.print()
    _print(console, section.title.upper(), "bold")
    for block in section.blocks:
        _block(console, block)


def _block(console: Console, block: Block) -> None:
    match block:
        case Heading():
            console.print()
            _print(console, block.text, "bold")
        case TextBlock():
            styles = {"lead": "bold", "note": "dim", "warning": "yellow"}
            mark = "! " if block.tone == "warning" else ""
            _print(console, mark + block.text, styles.get(block.tone, ""))
        case ScoreBlock():
            _score(console, block)
        case Matrix():
            _matrix(console, block)
        case Table():
            _table(console, block)
        case Quote():
            from rich.padding import Padding
            from rich.text import Text

            console.print(Padding(Text(f"“{block.text}”\n{block.source}", overflow="fold"), (0, 2)))
        case Action():
            facts = "; ".join(part for part in (block.owner, block.due, block.effect) if part)
            _print(console, f"→ {block.text}" + (f" ({facts})" if facts else ""), "bold")
        case Ranking():
            _table(console, ranking_table(block))
        case Series() | Distribution() | Funnel():
            _table(console, chart_table(block))
        case Image():
            _print(console, " ".join(filter(None, (f"[{block.text}]", block.caption))), "dim")


def _score(console: Console, block: ScoreBlock) -> None:
    console.print()
    _print(console, f"{block.title}", "dim")
    grade = f"  {block.grade}" if block.grade else ""
    points = _("{score} of 100", score=numbers.score(block.value, 1))
    _print(console, f"{points}{grade}", "bold")
    if block.value is not None:
        _print(console, _bar(block))
    for fact in score_facts(block):
        _print(console, fact)
    if block.note:
        _print(console, block.note, "dim")


def _bar(block: ScoreBlock) -> str:
    """Return the score on its two ranges, such as ``····░░▓▓█▓▓▓░░░░········``."""
    bar = ["·"] * _BAR
    for shade, low, high in (
        ("░", block.lowest, block.highest),
        ("▓", block.low, block.high),
        ("█", block.value, block.value),
    ):
        if low is not None and high is not None:
            first = min(int(low * _BAR), _BAR - 1)
            last = max(first + 1, math.ceil(high * _BAR - 1e-9)) if high > low else first + 1
            bar[first:last] = shade * (last - first)
    return "".join(bar)


def _matrix(console: Console, block: Matrix) -> None:
    from rich import box
    from rich.table import Table as Grid

    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left", show_edge=False)
    widths = _widths(block, console.width)
    grid.add_column("", overflow="fold", width=widths[0])
    for name, width in zip(block.columns, widths[1:], strict=True):
        grid.add_column(_cut(name), justify="right", overflow="fold", width=width)
    for name, row in zip(block.rows, block.cells, strict=True):
        grid.add_row(_cut(name), *(_cell(cell) for cell in row))
    console.print()
    console.print(grid)
    cells = [cell for row in block.cells for cell in row]
    if any(cell.critical for cell in cells):
        failed = _("a critical item failed")
        _print(console, f"✕ {failed}", "dim")


def _widths(block: Matrix, room: int) -> list[int | None]:
    """Return the widths of a matrix's columns, so that words stay whole where they can."""
    from rich.cells import cell_len

    columns = [list(block.rows)] + [
        [name, *(str(_cell(cells[at])) for cells in block.cells)]
        for at, name in enumerate(block.columns)
    ]
    words = [[word for text in texts for word in text.split()] for texts in columns]
    lines = [[line for text in texts for line in text.splitlines()] for texts in columns]
    least = [max((cell_len(word) for word in some), default=1) for some in words]
    whole = [max((cell_len(line) for line in some), default=1) for some in lines]
    left = room - sum(least) - _GAP * (len(least) - 1)
    if left < 0:
        return [None] * len(least)
    heads = [0, *map(cell_len, block.columns)]
    for wanted in (heads, whole):
        for at, width in enumerate(wanted):
            more = width - least[at]
            if 0 < more <= left:
                least[at], left = width, left - more
    return list(least)


def _cut(text: str) -> RenderableType:
    from rich.text import Text

    return Text(text, overflow="fold")


def _cell(cell: MatrixCell) -> RenderableType:
    from rich.text import Text

    mark = "✕ " if cell.critical else ""
    if cell.value is None:
        return Text(f"{mark}{cell_words(cell)}", style="dim")
    style = "green" if cell.value >= 0.75 else "yellow" if cell.value >= 0.6 else "red"  # noqa: PLR2004
    text = Text(f"{mark}{numbers.score(cell.value)}", style=f"bold {style}")
    ends = numbers.interval(cell.low, cell.high)
    if isinstance(ends, Interval):
        text.append(f"\n{'-'.join(ends.ends)}", style="dim")
    return text


def _table(console: Console, block: Table) -> None:
    from rich import box
    from rich.table import Table as Grid

    console.print()
    if block.title:
        _print(console, block.title, "bold")
    if block.rows:
        grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, collapse_padding=True)
        numeric = block.numeric or (False,) * len(block.columns)
        for name, right in zip(block.columns, numeric, strict=True):
            grid.add_column(_cut(name), justify="right" if right else "left", overflow="fold")
        for row in block.rows:
            grid.add_row(*(_cut(written(value)) for value in row))
        console.print(grid)
    else:
        _print(console, _("none"), "dim")
    if block.note:
        _print(console, block.note, "dim")
