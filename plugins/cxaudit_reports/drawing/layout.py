"""How the sections of a page or a PDF are laid out: page one, groups, headings, colours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

import attrs

from cxaudit.documents import _, numbers
from cxaudit.plugin import Block, Report, Section, blocks
from cxaudit_reports.drawing.theme import LIMITS, step

__all__ = ["PAGE_ONE", "cell_kind", "homes", "is_facts", "is_item", "layout", "of_hundred", "steps"]

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

_RANK = re.compile(r"^\d+\. ")
_FIRST_LEVEL = 3
_LAST_LEVEL = 5


@attrs.define
class Group:
    """Blocks that belong together: under a heading, or around a score."""

    head: blocks.Heading | None = None
    body: list[Block] = attrs.field(factory=list)
    score: blocks.ScoreBlock | None = None
    beside: list[blocks.TextBlock] = attrs.field(factory=list)
    """Paragraphs that stand beside the score."""
    loose: list[Block] = attrs.field(factory=list)
    """Blocks before the score."""

    @property
    def text(self) -> str:
        """Return the heading without the place that a list prints anyway."""
        return _RANK.sub("", self.head.text) if self.head else ""


@attrs.frozen
class Layout:
    """A section as it is laid out; ``levels`` gives each level of a heading its element's."""

    first: bool
    groups: tuple[Group, ...]
    levels: Mapping[int, int]


def layout(section: Section) -> Layout:
    """Return how a section is laid out."""
    headings = sorted(
        {block.level for block in section.blocks if isinstance(block, blocks.Heading)}
    )
    levels = {level: min(_FIRST_LEVEL + at, _LAST_LEVEL) for at, level in enumerate(headings)}
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
            last.beside.append(block)
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
    sections = {section.id: section.id for section in report.sections}
    for section in report.sections:
        for block in section.blocks:
            if isinstance(block, blocks.Heading) and block.anchor:
                sections.setdefault(block.anchor, section.id)
    return sections


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
