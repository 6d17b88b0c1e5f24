"""How blocks become parts of a page: groups, levels of headings, links, rows, cells."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import attrs
from markupsafe import Markup, escape

from cxaudit.documents import _, numbers, written
from cxaudit.plugin import Block, Report, Section, blocks
from cxaudit_reports.drawing.theme import LIGHT, LIMITS, step

__all__ = [
    "PAGE_ONE",
    "cell_kind",
    "homes",
    "is_facts",
    "is_item",
    "layout",
    "names_of",
    "picture",
    "sort_key",
    "steps",
    "table_rows",
    "themed",
    "with_own_names",
]

PAGE_ONE = (
    "summary",
    "matrix",
    "reach",
    "decide",
    "certainty",
    "critical",
    "quotes",
)
"""Sections that answer a board's questions, on the first page."""

_OWN_NAMES = ("main", "contents", "contents-title")
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")
_PLACE = re.compile(r"^\d+\. ")
_FIRST_LEVEL = 3
_LAST_LEVEL = 5
_PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp"}
_NAMES = {colour: name for name, colour in LIGHT.items()} | {LIGHT["warn"]: "warn"}
_THEMED = re.compile("|".join(f'"{colour}"' for colour in _NAMES))


@attrs.define
class Group:
    """Blocks that belong together: under a heading, or around a score."""

    head: blocks.Heading | None = None
    body: list[Block] = attrs.field(factory=list)
    score: blocks.ScoreBlock | None = None
    told: list[blocks.TextBlock] = attrs.field(factory=list)
    """Paragraphs that stand beside the score."""
    loose: list[Block] = attrs.field(factory=list)
    """Blocks before the score."""

    @property
    def text(self) -> str:
        """Return the heading without the place that a list prints anyway."""
        return _PLACE.sub("", self.head.text) if self.head else ""


@attrs.frozen
class Layout:
    """A section as it is laid out; ``levels`` gives each level of a heading its element's."""

    first: bool
    groups: tuple[Group, ...]
    levels: Mapping[int, int]


def layout(section: Section) -> Layout:
    """Return how a section is laid out."""
    found = sorted({block.level for block in section.blocks if isinstance(block, blocks.Heading)})
    levels = {level: min(_FIRST_LEVEL + at, _LAST_LEVEL) for at, level in enumerate(found)}
    groups = _by_score(section) if section.id == "summary" else _by_heading(section)
    return Layout(section.id in PAGE_ONE, tuple(groups), levels)


def _by_heading(section: Section) -> list[Group]:
    groups = [Group()]
    for block in section.blocks:
        if isinstance(block, blocks.Heading):
            groups.append(Group(head=block))
        elif (
            section.id == "decide" and isinstance(block, blocks.TextBlock) and block.tone == "note"
        ):
            groups.append(Group(body=[block]))  # a note on the whole list
        else:
            groups[-1].body.append(block)
    return [group for group in groups if group.head or group.body]


def _by_score(section: Section) -> list[Group]:
    groups = [Group()]
    for block in section.blocks:
        last = groups[-1]
        if isinstance(block, blocks.ScoreBlock):
            if last.score is not None:
                groups.append(last := Group())
            last.score = block
        elif last.score is None:
            last.loose.append(block)
        elif isinstance(block, blocks.TextBlock) and len(groups) == 1 and not last.body:
            last.told.append(block)
        else:
            last.body.append(block)
    return groups


def is_item(heading: blocks.Heading) -> bool:
    """Tell whether a heading begins what is known of an item."""
    return heading.anchor.startswith("item-")


def is_facts(block: blocks.Table) -> bool:
    """Tell whether a table is a list of facts: two columns and no title."""
    return not block.title and len(block.columns) == 2  # noqa: PLR2004


def homes(report: Report) -> dict[str, str]:
    """Return, by anchor, the section that holds it: headings first, else the row itself."""
    found = {section.id: section.id for section in report.sections}
    for section in report.sections:
        for block in section.blocks:
            if isinstance(block, blocks.Heading) and block.anchor:
                found.setdefault(block.anchor, section.id)
    return found


def with_own_names(report: Report) -> Report:
    """Return the report with section ids that are unlike and fit for an address and a file."""
    taken = set(_OWN_NAMES)
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
    return {*_OWN_NAMES, *ids, *(f"{each}-title" for each in ids)}


def cell_kind(cell: blocks.MatrixCell) -> str:
    """Return how a cell looks: ``s0`` to ``s4``, ``none`` (not assessed) or ``blank``."""
    if cell.value is None:
        return "blank" if cell.coverage is None else "none"
    return f"s{step(cell.value)}"


def of_hundred() -> list[str]:
    """Return what stands before and behind the number of a score."""
    before, _number, behind = _("{score} of 100").partition("{score}")
    return [before.strip(), behind.strip()]


def steps() -> list[str]:
    """Return what each of the five colours stands for."""
    return [
        _("under {limit}", limit=numbers.score(LIMITS[0])),
        *(numbers.interval(*pair) for pair in pairwise(LIMITS)),
        _("{limit} and more", limit=numbers.score(LIMITS[-1])),
    ]


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
    own: Callable[[str], Markup],
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
        for place, value in enumerate(row):
            text = str(own(written(value)))
            if to and place == linked:
                text = f'<a href="{escape(to)}">{text}</a>'
            if place == head:
                cells.append(f'<th scope="row"{head_role}>{text}</th>')
            elif numeric[place]:
                cells.append(f'<td class="num"{names[place]}{sort_key(value)}>{text}</td>')
            else:
                cells.append(f"<td{names[place]}>{text}</td>")
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
