"""The report as one HTML page: no script, no request, nothing that is not in the file."""

from __future__ import annotations

import base64
import functools
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxaudit._model.report import Heading, MatrixCell, Report, ScoreBlock, Table
from cxaudit._reports import numbers
from cxaudit._reports.cells import cell_words, score_facts, written
from cxaudit._reports.clean import cleaned

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["render_html"]

_FOLDER = Path(__file__).with_name("templates")
_STEPS = (0.4, 0.6, 0.75, 0.9)
"""Scores at which a matrix cell's colour changes: a convention of the page."""


def render_html(report: Report) -> str:
    """Return the report as an HTML page."""
    report = cleaned(report)
    anchors = {
        block.anchor
        for section in report.sections
        for block in section.blocks
        if isinstance(block, Heading) and block.anchor
    }
    style = (_FOLDER / "page.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _template().render(
        report=report, anchors=anchors, style=style, digest=digest, dash=numbers.DASH
    )


@functools.cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        {"score": numbers.score, "count": numbers.count, "written": written, "kind": _kind}
    )
    environment.globals.update(
        {
            "cell_words": cell_words,
            "facts": score_facts,
            "interval": numbers.interval,
            "is_facts": _is_facts,
            "link_column": _link_column,
            "quantity": numbers.quantity,
            "sentence": _sentence,
            "step": _step,
            "css": Markup,
        }
    )
    return environment.get_template("page.html.j2")


def _kind(block: Any) -> str:
    return type(block).__name__


def _is_facts(block: Table) -> bool:
    """Tell whether a table is a list of facts: two columns and no title."""
    return not block.title and len(block.columns) == 2  # noqa: PLR2004


def _link_column(block: Table) -> int:
    """Return which column carries the link: the one that names items, else the first."""
    return block.columns.index("Item") if "Item" in block.columns else 0


def _step(cell: MatrixCell) -> str:
    if cell.value is None:
        return "blank" if cell.coverage is None else "none"
    return f"s{sum(cell.value >= step for step in _STEPS)}"


def _sentence(block: ScoreBlock) -> str:
    return " ".join([f"Score {numbers.score(block.value, 1)} of 100.", *score_facts(block)])
