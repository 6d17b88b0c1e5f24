"""What only a page of HTML needs of a report: unlike names, rows of tables, pictures, colours."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
from markupsafe import Markup, escape

from cxaudit.documents import _, written
from cxaudit.plugin import Report, Section, blocks
from cxaudit_reports.drawing.theme import LIGHT

__all__ = ["names_of", "picture", "sort_key", "table_rows", "themed", "with_unique_ids"]

_PAGE_NAMES = ("main", "contents", "contents-title")
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")
_PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp"}
_NAMES = {colour: name for name, colour in LIGHT.items()} | {LIGHT["warn"]: "warn"}
_THEMED = re.compile("|".join(f'"{colour}"' for colour in _NAMES))


def with_unique_ids(report: Report) -> Report:
    """Return the report with section ids that are unlike and fit for an address and a file."""
    taken = set(_PAGE_NAMES)
    sections = []
    for section in report.sections:
        plain = name = _UNSAFE.sub("-", section.id).strip(".-") or "part"
        number = 1
        while name in taken or name == "index":
            number += 1
            name = f"{plain}-{number}"
        taken.add(name)
        sections.append(section if name == section.id else attrs.evolve(section, id=name))
    return attrs.evolve(report, sections=tuple(sections))


def names_of(sections: Sequence[Section]) -> set[str]:
    """Return the names that a page with some sections takes for itself."""
    ids = [section.id for section in sections]
    return {*_PAGE_NAMES, *ids, *(f"{name}-title" for name in ids)}


def sort_key(value: Any) -> str | Markup:
    """Return the attribute by which a cell is sorted, when its text does not say the number."""
    if isinstance(value, blocks.Figure):
        number: float = value.value
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        number = value
    else:
        return ""
    return Markup(f' data-v="{number:.6g}"')  # noqa: S704 - a number


def table_rows(
    block: blocks.Table,
    href: Callable[[str], str],
    homes: Mapping[str, str],
    claim: Callable[[str], bool],
    isolated: Callable[[str], Markup],
    *,
    stacked: bool = False,
) -> Markup:
    """Return the rows of a table: there can be many thousands, so no template is run for each.

    Cells of a stacked table carry their column's name, which a phone shows beside each.
    """
    numeric = block.numeric or (False,) * len(block.columns)
    item = _("Item")
    linked = block.columns.index(item) if item in block.columns else 0
    head = linked if item in block.columns or False not in numeric else numeric.index(False)
    names = [""] * len(block.columns)
    line_role = head_role = ""
    if stacked:
        names = [f' role="cell" data-label="{escape(name)}"' for name in block.columns]
        line_role, head_role = ' role="row"', ' role="rowheader"'
    lines = []
    for at, row in enumerate(block.rows):
        anchor = block.anchors[at] if block.anchors else ""
        to = href(anchor) if anchor else ""
        cells = []
        for column, value in enumerate(row):
            text = str(isolated(written(value)))
            if to and column == linked:
                text = f'<a href="{escape(to)}">{text}</a>'
            if column == head:
                cells.append(f'<th scope="row"{head_role}>{text}</th>')
            elif numeric[column]:
                cells.append(f'<td class="num"{names[column]}{sort_key(value)}>{text}</td>')
            else:
                cells.append(f"<td{names[column]}>{text}</td>")
        named = f' id="{escape(anchor)}"' if anchor not in homes and claim(anchor) else ""
        lines.append(f"<tr{line_role}{named}>{''.join(cells)}</tr>")
    return Markup("\n".join(lines))  # noqa: S704 - every text in it was escaped


def picture(block: blocks.Image) -> str:
    """Return a picture as a ``data:`` address."""
    if block.media_type not in _PICTURES:
        msg = f"a picture of type {block.media_type!r}: a page holds PNG, JPEG, GIF and WebP"
        raise ValueError(msg)
    return f"data:{block.media_type};base64,{base64.b64encode(block.data).decode()}"


def themed(svg: str) -> str:
    """Return a chart whose colours follow the page's, light or dark."""
    return _THEMED.sub(lambda match: f'"var(--{_NAMES[match[0][1:-1]]})"', svg)
