"""The report as a page: one file that needs nothing else, or a folder of pages when it is long."""

from __future__ import annotations

import base64
import contextvars
import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from cxaudit.documents import (
    _,
    cell_words,
    chart_table,
    cleaned,
    ngettext,
    numbers,
    right_to_left,
    score_facts,
    spoken,
    written,
)
from cxaudit.plugin import Block, Report, Section, blocks
from cxaudit_reports.drawing import layout
from cxaudit_reports.drawing.charts import can_draw, chart
from cxaudit_reports.drawing.reading_order import Reading
from cxaudit_reports.drawing.theme import Brand, brand
from cxaudit_reports.html import markup
from cxaudit_reports.html.style import style_of

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["LARGEST", "render_page"]

LARGEST = 5_000_000
"""Bytes of a page; a longer report becomes a folder of pages."""

_LISTED = 4
"""Fewer parts behind page one need no list of contents."""
_FOLDER = Path(__file__).with_name("templates")
_CHARTED = (blocks.Series, blocks.Distribution, blocks.Ranking, blocks.Funnel)


def render_page(report: Report) -> str | dict[str, bytes]:
    """Return the report as one HTML page, or as pages by file name when one would be too long.

    The first of the pages is ``index.html``. Scripts only add search, filters, sorting and
    unfolding: everything is there without them.
    """
    report = markup.with_unique_ids(cleaned(report))
    with ThreadPoolExecutor(1) as pool:
        page = _Page(report, pool)
        whole = page.written("", report.sections)
        if len(whole.encode()) <= LARGEST:
            return whole
        return page.folder()


class _Page:
    """A report on its way to pages."""

    def __init__(self, report: Report, pool: ThreadPoolExecutor) -> None:
        self.report = report
        self.reading = Reading(right_to_left(spoken().tag))
        self.brand: Brand = brand(report.branding)
        self.first = [section for section in report.sections if section.id in layout.PAGE_ONE]
        self.rest = [section for section in report.sections if section.id not in layout.PAGE_ONE]
        self.homes = layout.homes(report)
        """By anchor, the section that holds it."""
        # Charts take longest and run beside the rest, in the report's language as well.
        self.charts: dict[int, Future[str]] = {
            id(block): pool.submit(contextvars.copy_context().run, chart, block)
            for section in report.sections
            for block in section.blocks
            if isinstance(block, _CHARTED)
        }

    def folder(self) -> dict[str, bytes]:
        """Return the report as pages: the first with page one, and one for each section."""
        pages = {"index.html": self.written("index.html", self.first)}
        for section in self.rest:
            name = f"{section.id}.html"
            pages[name] = self.written(name, (section,))
        return {name: text.encode() for name, text in pages.items()}

    def written(self, name: str, sections: Sequence[Section]) -> str:
        """Return a page with some sections; ``name`` is its file, or nothing for a whole report."""
        report, home = self.report, "" if name in {"", "index.html"} else "index.html"
        listed = self.rest if name or len(self.rest) >= _LISTED else []
        style = style_of(report.title, self.brand, turned=self.reading.turned)
        script = _script()
        values: dict[str, Any] = {
            "report": report,
            "brand": self.brand,
            "title": report.title,
            "language": spoken().tag,
            "direction": "rtl" if self.reading.turned else "ltr",
            "style": Markup(style),  # noqa: S704 - our own, names of clients escaped
            "style_digest": _digest(style),
            "script": Markup(script),  # noqa: S704 - our own
            "script_digest": _digest(script),
            "script_words": json.dumps(_script_words(), ensure_ascii=False),
            "first": [section for section in sections if section.id in layout.PAGE_ONE],
            "rest": [section for section in sections if section.id not in layout.PAGE_ONE],
            "listed": [] if home else listed,
            "home": f"{home}#main",
            "contents": f"{home}#contents" if listed else "",
            **self._functions(name, markup.names_of(sections)),
        }
        template = _environment().get_template("page.html.j2")
        return template.render(values).lstrip() + "\n"

    def _functions(self, name: str, names: set[str]) -> dict[str, Any]:
        href = functools.partial(self.href, name)

        def draw(block: Block) -> Markup:
            drawn = self.charts[id(block)].result() if id(block) in self.charts else ""
            return Markup(markup.themed(drawn))  # noqa: S704 - made and checked by charts

        def claim(anchor: str) -> bool:
            """Tell whether a name is free in this page, and take it."""
            if not anchor or anchor in names:
                return False
            names.add(anchor)
            return True

        return {
            "claim": claim,
            "href": href,
            "draw": draw,
            "undrawn": lambda: bool(self.charts) and not can_draw(),
            "isolated": self.reading.isolated,
            "quoted": self.reading.quoted,
            "prose": self.reading.prose,
            "turn": self.reading.turn,
            "parts": lambda texts: Markup(" · ").join(map(self.reading.isolated, texts)),
            "table_rows": lambda block, stacked: markup.table_rows(
                block, href, self.homes, claim, self.reading.isolated, stacked=stacked
            ),
            "steps": layout.steps(),
            "of_hundred": layout.of_hundred(),
        }

    def href(self, page: str, target: str) -> str:
        """Return the address of an anchor as seen from a page, or nothing if there is none."""
        home = self.homes.get(target)
        if home is None:
            return ""
        if not page:
            return f"#{target}"
        file = "index.html" if home in layout.PAGE_ONE else f"{home}.html"
        return f"#{target}" if file == page else f"{file}#{target}"


@functools.cache
def _script() -> str:
    return (_FOLDER / "page.js").read_text("utf-8")


def _script_words() -> dict[str, str]:
    """Return the words of the page's script, which puts in its own values."""
    # Translators: numbers here are known in the browser alone; choose words that fit any number.
    return {
        "search": _("Search"),
        "nothing": _("Nothing found"),
        "filter": _("Filter rows"),
        "filter_in": _("Filter rows: {table}", table="{0}"),
        "kept": _("{kept} of {all} rows", kept="{0}", all="{1}"),
        "all": _("Show all {n} rows", n="{0}"),
        "fewer": _("Show fewer rows"),
    }


def _sentence(block: blocks.ScoreBlock) -> str:
    """Return what the drawing of a score shows."""
    score = _("Score {score} of 100.", score=numbers.score(block.value, 1))
    return " ".join([score, *score_facts(block)])


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: Mapping[str, Any] = {
        "score": numbers.score,
        "written": written,
        "kind": lambda block: type(block).__name__,
    }
    environment.filters.update(filters)
    environment.globals.update(
        {
            "_": _,
            "cell_kind": layout.cell_kind,
            "cell_words": cell_words,
            "chart_table": chart_table,
            "dash": numbers.DASH,
            "facts": score_facts,
            "interval": numbers.interval,
            "is_facts": layout.is_facts,
            "is_item": layout.is_item,
            "layout": layout.layout,
            "ngettext": ngettext,
            "page_one": layout.PAGE_ONE,
            "percent": lambda share: f"{100 * share:.4g}%",
            "picture": markup.picture,
            "sentence": _sentence,
            "sort_key": markup.sort_key,
        }
    )
    return environment
