"""A report as the tree of JSON values that the template of the PDF sets.

The template decides about looks alone: texts, numbers, links and widths come from here.
"""

from __future__ import annotations

import base64
import functools
import re
from collections.abc import Mapping
from typing import Any, assert_never

import attrs

from cxaudit.documents import (
    _,
    cell_words,
    chart_table,
    clean,
    numbers,
    right_to_left,
    score_facts,
    spoken,
    written,
)
from cxaudit.plugin import Block, Report, Section, blocks
from cxaudit_reports.drawing import layout
from cxaudit_reports.drawing.charts import can_draw, chart, describe
from cxaudit_reports.drawing.theme import LIGHT, brand
from cxaudit_reports.pdf.text import LARGEST, line, table

__all__ = ["tree"]

_LANGUAGE = re.compile(r"([a-z]{2,3})(?:-([a-zA-Z]{2}))?(?![a-zA-Z])")
_HEAD = 80
"""Signs of the title in the head of each page."""
_FORMATS = {"png": "png", "jpeg": "jpg", "gif": "gif", "webp": "webp", "svg+xml": "svg"}
_DEEPEST = 4
_BRIEF = 3
"""Sections behind page one up to which a report goes on without contents or a new page."""
_TALL = 1_500
"""Signs beyond which a block that should stay on one page may be higher than a page."""
_LONG_LEAD = 170
"""Signs with which the leading sentence is set smaller."""


def tree(report: Report) -> dict[str, Any]:
    """Return a report, its texts cleaned, as JSON values."""
    return _Tree(report).whole()


class _Tree:
    """The whole of a report: its frame, and how its sections are put together."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.nodes = _Nodes(report)
        match = _LANGUAGE.match(spoken().tag)
        self.language, self.region = (match[1], match[2] or "") if match else ("en", "")

    def whole(self) -> dict[str, Any]:
        report, look = self.report, self.nodes.look
        sections = [(section, self.section(section)) for section in report.sections]
        notes = [look.name, *look.notes] if look.name else [*look.notes]
        if self.nodes.undrawn:
            notes.append(
                _("Charts are drawn when the extra is installed: pip install 'cxaudit[reports]'.")
            )
        short = report.title if len(report.title) <= _HEAD else f"{report.title[:_HEAD]}\u2026"
        return {
            "title": report.title or report.subtitle or numbers.DASH,
            "title_line": self.nodes.line(report.title),
            "subtitle": self.nodes.line(report.subtitle),
            "subtitle_plain": report.subtitle,
            "head": self.nodes.line(short),
            "language": self.language,
            "rtl": self.nodes.rtl,
            "region": self.region,
            "author": look.name,
            "logo": self.logo(look.logo, look.name),
            "colours": {**LIGHT, "accent": look.light},
            "words": {
                "in_report": _("In this report"),
                "of_hundred": layout.of_hundred(),
                "not_assessed": _("not assessed"),
                "critical_failed": _("a critical item failed"),
            },
            "steps": layout.steps(),
            "first": [node for section, node in sections if section.id in layout.PAGE_ONE],
            "rest": [node for section, node in sections if section.id not in layout.PAGE_ONE],
            "brief": sum(section.id not in layout.PAGE_ONE for section in report.sections)
            <= _BRIEF,
            "notes": [self.nodes.line(note) for note in notes],
            "footer": self.nodes.line(report.footer),
        }

    def logo(self, address: str, name: str) -> dict[str, Any] | None:
        if not address:
            return None
        kind, _, data = address.removeprefix("data:image/").partition(";base64,")
        return {**_picture(base64.b64decode(data), _FORMATS[kind]), "text": name or numbers.DASH}

    def section(self, section: Section) -> dict[str, Any]:
        view = layout.layout(section)
        node = {
            "id": section.id,
            "at": self.nodes.label(section.id),
            "title": self.nodes.line(section.title),
        }
        if section.id == "summary":
            return {**node, "blocks": _rows_of_photos(self.summary(view))}
        if section.id == "decide":
            return {**node, "blocks": _rows_of_photos(self.decide(view))}
        depth, out = 1, []
        for block in section.blocks:
            if isinstance(block, blocks.Heading):
                depth = min(view.levels[block.level] - 1, depth + 1, _DEEPEST)
                out.append(self.nodes.heading(block, depth))
            else:
                out.append(self.nodes.block(block))
        return {**node, "blocks": _rows_of_photos(out)}

    def summary(self, view: layout.Layout) -> list[dict[str, Any]]:
        out = []
        for number, group in enumerate(view.groups):
            out += [self.nodes.block(block) for block in group.loose]
            if group.score is not None:
                node = self.nodes.block(group.score)
                node["minor"] = number > 0
                node["beside"] = [self.nodes.block(block) for block in group.beside]
                node["tall"] = _length(group.score, *group.beside) > _TALL
                out.append(node)
            out += [self.nodes.block(block) for block in group.body]
        return out

    def decide(self, view: layout.Layout) -> list[dict[str, Any]]:
        out: list[dict[str, Any]] = []
        for number, group in enumerate(view.groups, 1):
            if group.head is None:
                out += [self.nodes.block(block) for block in group.body]
                continue
            head = self.nodes.heading(group.head, 2)
            head["text"] = self.nodes.line(group.text)
            acts = [block for block in group.body if isinstance(block, blocks.Action)]
            why = [block for block in group.body if not isinstance(block, blocks.Action)]
            out.append(
                {
                    "kind": "decision",
                    "place": str(number),
                    "tall": _length(group.head, *group.body) > _TALL,
                    "head": head,
                    "why": _rows_of_photos([self.nodes.block(block) for block in why]),
                    "acts": [self.nodes.block(block) for block in acts],
                }
            )
        return out


class _Nodes:
    """Blocks as nodes of the tree, with the labels that links may lead to."""

    def __init__(self, report: Report) -> None:
        self.look = brand({name: clean(value) for name, value in report.branding.items()})
        self.rtl = right_to_left(spoken().tag)
        self.line = functools.partial(line, rtl=self.rtl)
        self.homes = layout.homes(report)
        self.rows = {
            anchor
            for section in report.sections
            for block in section.blocks
            if isinstance(block, blocks.Table)
            for anchor in block.anchors[:LARGEST]
            if anchor and anchor not in self.homes
        }
        """Anchors that no heading has: the first row of each is its target."""
        self.labels: set[str] = set()
        """Anchors whose target stands already: a second would be no target."""
        self.undrawn = False

    def label(self, anchor: str) -> str:
        """Return the label of a target, or nothing where there is no anchor or it is taken."""
        if not anchor or anchor in self.labels:
            return ""
        self.labels.add(anchor)
        return anchor

    def to(self, anchor: str) -> str:
        """Return the label that a link leads to, or nothing when the report has no such place."""
        return anchor if anchor in self.homes or anchor in self.rows else ""

    def row(self, anchor: str) -> tuple[str, str]:
        """Return where a row leads to, and its own label."""
        if anchor in self.rows:
            return "", self.label(anchor)
        return self.to(anchor), ""

    def heading(self, block: blocks.Heading, depth: int) -> dict[str, Any]:
        return {
            "kind": "heading",
            "text": self.line(block.text),
            "depth": depth,
            "at": self.label(block.anchor),
            "to": self.to(block.link),
            "item": layout.is_item(block),
        }

    def block(self, block: Block) -> dict[str, Any]:
        """Return a block; a heading as one of the first level in its section."""
        match block:
            case blocks.Heading():
                return self.heading(block, 2)
            case blocks.TextBlock():
                return {
                    "kind": "text",
                    "text": self.line(block.text),
                    "tone": block.tone,
                    "long": len(block.text) > _LONG_LEAD,
                }
            case blocks.ScoreBlock():
                return self.score(block)
            case blocks.Matrix():
                return self.matrix(block)
            case blocks.Table() if layout.is_facts(block):
                return self.facts(block)
            case blocks.Table():
                return self.table(block)
            case blocks.Quote():
                return {
                    "kind": "quote",
                    "text": self.line(block.text),
                    "source": self.line(block.source),
                    "tall": len(block.text) + len(block.source) > _TALL,
                }
            case blocks.Action():
                facts = " \u00b7 ".join(filter(None, (block.owner, block.due, block.effect)))
                return {
                    "kind": "act",
                    "text": self.line(block.text),
                    "facts": self.line(facts),
                }
            case blocks.Ranking():
                return self.ranking(block)
            case blocks.Image():
                return self.image(block)
            case blocks.Series() | blocks.Distribution() | blocks.Funnel():
                return self.chart(block)
        assert_never(block)

    def score(self, block: blocks.ScoreBlock) -> dict[str, Any]:
        facts = [*score_facts(block), *([block.note] if block.note else [])]
        return {
            "kind": "score",
            "title": self.line(block.title),
            "points": numbers.score(block.value, 1),
            "value": block.value,
            "bounds": _ends(block.lowest, block.highest),
            "likely": _ends(block.low, block.high),
            "grade": self.line(block.grade[:1].title() + block.grade[1:]) if block.grade else "",
            "facts": [self.line(fact) for fact in facts],
            "to": self.to(block.link),
            "minor": True,
            "beside": [],
            "tall": _length(block) > _TALL,
        }

    def matrix(self, block: blocks.Matrix) -> dict[str, Any]:
        cells = [
            {
                "look": layout.cell_kind(cell),
                "score": "" if cell.value is None else numbers.score(cell.value),
                "ends": ""
                if cell.low is None
                else self.line(numbers.interval(cell.low, cell.high)),
                "words": self.line(cell_words(cell)),
                "critical": cell.critical,
                "to": self.to(cell.link),
                "total": column == len(row) - 1 or at == len(block.cells) - 1,
            }
            for at, row in enumerate(block.cells)
            for column, cell in enumerate(row)
        ]
        return {
            "kind": "matrix",
            "rows": [self.line(name) for name in block.rows],
            "columns": [self.line(name) for name in block.columns],
            "cells": cells,
            "critical": any(cell["critical"] for cell in cells),
        }

    def facts(self, block: blocks.Table) -> dict[str, Any]:
        pairs = [[self.line(written(value)) for value in row] for row in block.rows]
        signs = sum(len(written(value)) for row in block.rows for value in row)
        return {
            "kind": "facts",
            "pairs": pairs,
            "note": self.line(block.note),
            "tall": signs > _TALL,
        }

    def table(self, block: blocks.Table, drawn: int | None = None) -> dict[str, Any]:
        if not block.rows:
            none = _("{title}: none.", title=block.title)
            text = f"{none} {block.note}".strip()
            return {"kind": "text", "text": self.line(text), "tone": "note"}
        return table(block, self.row, rtl=self.rtl, drawn=drawn)

    def ranking(self, block: blocks.Ranking) -> dict[str, Any]:
        """Return a ranking as a table whose third column draws each score."""
        columns = (_("Rank"), _("Name"), _("Drawn"), _("Score"), _("Interval"), _("In words"))
        node = self.table(
            blocks.Table(
                title=block.title,
                columns=columns,
                rows=tuple(
                    (
                        row.rank or numbers.DASH,
                        row.name,
                        "",
                        numbers.score(row.value),
                        numbers.interval(row.low, row.high),
                        row.note,
                    )
                    for row in block.rows
                ),
                numeric=(True, False, False, True, True, False),
            ),
            drawn=2,
        )
        if not block.rows:
            return node
        for at, row in enumerate(block.rows[:LARGEST]):
            if to := self.to(row.link):
                node["cells"][6 * at + 1] = {"text": node["cells"][6 * at + 1], "to": to}
            if row.value is not None:
                node["cells"][6 * at + 2] = {
                    "value": row.value,
                    "likely": _ends(row.low, row.high),
                }
        return node

    def image(self, block: blocks.Image) -> dict[str, Any]:
        kind = block.media_type.removeprefix("image/")
        if kind not in _FORMATS or kind == "svg+xml":
            msg = f"a picture of type {block.media_type!r}: a PDF holds PNG, JPEG, GIF and WebP"
            raise ValueError(msg)
        return {
            "kind": "photo",
            **_picture(block.data, _FORMATS[kind]),
            "text": block.text or block.caption or numbers.DASH,
            "caption": self.line(block.caption),
        }

    def chart(self, block: blocks.Series | blocks.Distribution | blocks.Funnel) -> dict[str, Any]:
        drawn = chart(block).replace(LIGHT["accent"], self.look.light)
        self.undrawn = self.undrawn or not can_draw()
        return {
            "kind": "chart",
            "title": self.line(block.title),
            "svg": drawn,
            "text": describe(block) or block.title or numbers.DASH,
            "table": self.table(chart_table(block)),
        }


def _rows_of_photos(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return nodes with photos that follow each other as one node."""
    out: list[dict[str, Any]] = []
    for node in nodes:
        if node["kind"] != "photo":
            out.append(node)
        elif out and out[-1]["kind"] == "photos":
            out[-1]["photos"].append(node)
        else:
            out.append({"kind": "photos", "photos": [node]})
    return out


def _length(*some: Block) -> int:
    """Return how many signs blocks have in their texts."""
    values = (value for block in some for value in attrs.astuple(block))
    return sum(len(value) for value in values if isinstance(value, str))


def _ends(low: float | None, high: float | None) -> list[float] | None:
    return None if low is None or high is None else [low, high]


def _picture(data: bytes, kind: str) -> Mapping[str, Any]:
    return {"data": list(data), "format": kind}
