"""Charts as still SVG pictures in the house theme, drawn by Vega-Lite through vl-convert.

The extra ``reports`` brings vl-convert. Without it `chart` returns nothing, and a document has
its tables.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import math
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any

from markupsafe import escape

from cxaudit.documents import _, numbers
from cxaudit.plugin import Block, blocks
from cxaudit_reports.drawing.chart_text import LABELLED, describe
from cxaudit_reports.drawing.theme import FONTS, LIGHT

__all__ = ["can_draw", "chart", "describe"]

_WIDTH = 620
_LINE = 22
_FIT = {"type": "fit-x", "contains": "padding"}
_MOST_RANKED = 40
_LEAST_RANKED = 3
_SECONDS = [15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400]
_NOISE = re.compile(
    r' (?:aria-[a-z]+|role|class|pointer-events|xmlns:xlink|version)="[^"]*"| opacity="1"'
    r'|<path d="M0,0h0v0h0Z"/>|<path d="" display="none"/>'
)
_LONG_NUMBER = re.compile(r"(\d+\.\d\d)\d+")
_TAG = re.compile(r"<[^>]*>")
_ELEMENT = re.compile(r"<([a-zA-Z]+)")
_ELEMENTS = {"svg", "g", "path", "text", "rect", "line", "defs", "clipPath", "circle"}
_AXIS = {
    "labelColor": LIGHT["soft"],
    "titleColor": LIGHT["soft"],
    "labelFontSize": 12,
    "titleFontSize": 12,
    "titleFontWeight": "normal",
    "gridColor": LIGHT["line"],
    "domainColor": LIGHT["line"],
    "tickColor": LIGHT["line"],
    "labelPadding": 6,
    "labelLimit": 190,
    "title": None,
}
_CONFIG = {
    "font": "Inter",
    "background": None,
    "aria": False,
    "view": {"stroke": None},
    "axis": _AXIS,
    "line": {"color": LIGHT["accent"], "strokeWidth": 2.5},
    "point": {"color": LIGHT["accent"], "filled": True, "size": 60, "opacity": 1},
    "bar": {"color": LIGHT["accent"], "cornerRadiusEnd": 3},
    "rule": {"color": LIGHT["accent"]},
    "text": {"color": LIGHT["ink"], "fontSize": 12},
}


def can_draw() -> bool:
    """Tell whether charts can be drawn: the extra ``reports`` is installed."""
    return importlib.util.find_spec("vl_convert") is not None


def chart(block: Block) -> str:
    """Return the chart of a series, distribution, ranking or funnel plot as SVG, or nothing.

    Nothing is drawn without the extra ``reports``, and where a picture would show nothing.
    """
    spec = _spec(block)
    if spec is None or not can_draw():
        return ""
    import vl_convert

    _register()
    whole = {"config": _CONFIG, "padding": 4, "width": _WIDTH, "autosize": _FIT, **spec}
    svg = _TAG.sub(_shortened, vl_convert.vegalite_to_svg(whole, allowed_base_urls=[]))
    if strange := set(_ELEMENT.findall(svg)) - _ELEMENTS:
        msg = f"the chart holds elements that no chart of ours has: {', '.join(sorted(strange))}"
        raise ValueError(msg)
    title, text = escape(getattr(block, "title", "")), escape(describe(block))
    return svg.replace(">", f' role="img"><title>{title}</title><desc>{text}</desc>', 1)


def _shortened(tag: re.Match[str]) -> str:
    """Return a tag without what a still picture does not need; its texts are no tags of it."""
    return _NOISE.sub("", _LONG_NUMBER.sub(r"\1", _NOISE.sub("", tag[0])))


@functools.cache
def _register() -> None:
    import vl_convert

    vl_convert.register_font_directory(str(FONTS))


def _spec(block: Block) -> dict[str, Any] | None:
    match block:
        case blocks.Series() if sum(value is not None for _name, value in block.points) > 1:
            return _series(block)
        case blocks.Distribution() if any(count for _name, count in block.bins):
            return _distribution(block)
        case blocks.Ranking() if _LEAST_RANKED <= len(block.rows) <= _MOST_RANKED:
            return _ranking(block)
        case blocks.Funnel() if block.points:
            return _funnel(block)
        case _:
            return None


def _series(block: blocks.Series) -> dict[str, Any]:
    stated = [point[1] for point in block.points if point[1] is not None]
    last = max(at for at, (_name, value) in enumerate(block.points) if value is not None)
    few = len(block.points) <= LABELLED
    values = [
        {
            "at": at,
            "name": name,
            "value": value,
            "label": numbers.quantity(value, block.unit) if few or at == last else "",
        }
        for at, (name, value) in enumerate(block.points)
    ]
    x = {
        "field": "at",
        "type": "ordinal",
        "axis": {
            **_named([name for name, _ in block.points]),
            "labelAngle": 0,
            "labelOverlap": True,
            "grid": False,
        },
        "scale": {"padding": 0.4},
    }
    ticks = _ticks(min(0.0, *stated), max(stated), time=block.unit in {"s", "second", "seconds"})
    axis = _written(ticks, lambda value: numbers.quantity(value, block.unit))
    y = {
        "field": "value",
        "type": "quantitative",
        "axis": {**axis, "domain": False, "ticks": False},
        "scale": {"domain": [ticks[0], ticks[-1]], "nice": False},
    }
    return {
        "height": 200,
        "data": {"values": values},
        "encoding": {"x": x, "y": y},
        "layer": [
            {"mark": {"type": "line", "invalid": "break-paths-show-domains"}},
            {"mark": {"type": "point", "invalid": "filter"}},
            {
                "mark": {"type": "text", "dy": -13, "fontWeight": 600, "invalid": "filter"},
                "encoding": {"text": {"field": "label"}},
            },
        ],
    }


def _distribution(block: blocks.Distribution) -> dict[str, Any]:
    values = [
        {"at": at, "count": count, "label": numbers.count(count)}
        for at, (_name, count) in enumerate(block.bins)
    ]
    x = {
        "field": "at",
        "type": "ordinal",
        "axis": {
            **_named([name for name, _ in block.bins]),
            "labelAngle": 0,
            "labelOverlap": True,
            "ticks": False,
        },
        "scale": {"paddingInner": 0.25, "paddingOuter": 0.15},
    }
    return {
        "height": 190,
        "data": {"values": values},
        "encoding": {"x": x, "y": {"field": "count", "type": "quantitative", "axis": None}},
        "layer": [
            {"mark": "bar"},
            {
                "mark": {"type": "text", "dy": -9, "fontWeight": 600},
                "encoding": {"text": {"field": "label"}},
            },
        ],
    }


def _ranking(block: blocks.Ranking) -> dict[str, Any]:
    values = [
        {
            "at": at,
            "value": None if row.value is None else row.value * 100,
            "low": None if row.low is None or row.high is None else row.low * 100,
            "high": None if row.low is None or row.high is None else row.high * 100,
        }
        for at, row in enumerate(block.rows)
    ]
    y = {
        "field": "at",
        "type": "ordinal",
        "axis": {
            **_named([row.name for row in block.rows]),
            "domain": False,
            "ticks": False,
            "labelColor": LIGHT["ink"],
        },
    }
    x = {
        "field": "value",
        "type": "quantitative",
        "scale": {"domain": [0, 100]},
        "axis": {"values": [0, 25, 50, 75, 100], "domain": False, "ticks": False},
    }
    return {
        "height": _LINE * len(values),
        "data": {"values": values},
        "encoding": {"y": y},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 7, "opacity": 0.3, "strokeCap": "round"},
                "transform": [{"filter": "datum.low !== null"}],
                "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}},
            },
            {"mark": {"type": "point", "size": 75, "invalid": "filter"}, "encoding": {"x": x}},
        ],
    }


def _funnel(block: blocks.Funnel) -> dict[str, Any]:
    values = _funnel_values(block)
    limits = [
        {"n": n, "low": max(low, 0) * 100, "high": min(high, 1) * 100}
        for n, low, high in block.limits
    ]
    everything = [point.value * 100 for point in block.points] + [
        end for limit in limits for end in (limit["low"], limit["high"])
    ]
    ticks = _ticks(min(everything), max(everything))
    most = max([point.n for point in block.points] + [limit[0] for limit in block.limits])
    x = {
        "field": "n",
        "type": "quantitative",
        "scale": {"domain": [0, most]},
        "axis": {
            **_written(_ticks(0.0, float(most)), lambda value: numbers.count(round(value))),
            "title": _("Cases"),
            "grid": False,
        },
    }
    y = {
        "field": "value",
        "type": "quantitative",
        "scale": {"domain": [ticks[0], ticks[-1]], "nice": False},
        "axis": {
            **_written(ticks, lambda value: numbers.percent(value / 100)),
            "title": None,
            "domain": False,
            "ticks": False,
        },
    }
    # The limits are two lines over the number of cases: around a mean of 80 %, 95 % of groups of
    # 100 cases lie from 72 to 88 %, of 1,000 cases from 77.5 to 82.5 %; so the lines narrow.
    # Limits for one size alone are those of all the width.
    kind = "line" if len({limit["n"] for limit in limits}) > 1 else "rule"
    dash = {"type": kind, "strokeDash": [5, 4], "strokeWidth": 1.5, "color": LIGHT["soft"]}
    across = {"x": x} if kind == "line" else {}
    return {
        "height": 280,
        "layer": [
            {
                "data": {"values": [{"value": block.mean * 100}]},
                "mark": {"type": "rule", "color": LIGHT["soft"]},
                "encoding": {"y": y},
            },
            *(
                {"data": {"values": limits}, "mark": dash, "encoding": {**across, "y": ends}}
                for ends in ({**y, "field": "low"}, {**y, "field": "high"})
            ),
            {"data": {"values": values}, **_funnel_points(x, y)},
            {
                "data": {"values": values},
                "mark": {"type": "text", "align": "left", "dx": 9, "limit": 140},
                "encoding": {"x": x, "y": y, "text": {"field": "label"}},
            },
        ],
    }


def _funnel_values(block: blocks.Funnel) -> list[dict[str, Any]]:
    """Return the points as Vega-Lite takes them; only the furthest out carry their names."""
    named = {id(point) for point in block.outside[:LABELLED]}
    return [
        {
            "n": point.n,
            "value": point.value * 100,
            "side": point.side or "within",
            "judged": block.judged(point) or ("outside" if point.side else "within"),
            "label": point.name if id(point) in named else "",
        }
        for point in block.points
    ]


def _funnel_points(x: dict[str, Any], y: dict[str, Any]) -> dict[str, Any]:
    """Return points whose colour says better or worse, and whose shape says above or below."""
    return {
        "mark": {"type": "point", "size": 55, "opacity": 0.9},
        "encoding": {
            "x": x,
            "y": y,
            "color": {
                "field": "judged",
                "scale": {
                    "domain": ["within", "worse", "better", "outside"],
                    "range": [LIGHT["accent"], LIGHT["warn"], LIGHT["s4"], LIGHT["ink"]],
                },
                "legend": None,
            },
            "shape": {
                "field": "side",
                "scale": {
                    "domain": ["within", "below", "above"],
                    "range": ["circle", "triangle-down", "triangle-up"],
                },
                "legend": None,
            },
        },
    }


def _named(names: Sequence[str]) -> dict[str, Any]:
    """Return an axis whose labels are the names of the places 0, 1, 2 ..."""
    return {"labelExpr": f"{json.dumps(list(names))}[datum.value]"}


def _written(ticks: Sequence[float], write: Callable[[float], str]) -> dict[str, Any]:
    """Return an axis with a label, written as everywhere in the report, at each tick."""
    labels = json.dumps([str(write(tick)) for tick in ticks])
    return {
        "values": list(ticks),
        "labelExpr": f"{labels}[indexof({json.dumps(list(ticks))}, datum.value)]",
    }


def _ticks(low: float, high: float, *, time: bool = False) -> list[float]:
    """Return four to seven round numbers from under the lowest value to over the highest.

    ``time`` takes steps of a clock, in seconds.
    """
    # A quarter of the smallest numbers would be 0, which has no logarithm.
    span = max((high - low) or abs(high) or 1.0, sys.float_info.min)
    size = 10.0 ** math.floor(math.log10(span / 4))
    sizes = _SECONDS if time and span > _SECONDS[0] else [size * by for by in (1, 2, 2.5, 5, 10)]
    size = next((step for step in sizes if span / step <= 5), sizes[-1])  # noqa: PLR2004
    first, last = math.floor(low / size), math.ceil(high / size)
    return [round(at * size, 10) for at in range(first, max(last, first + 1) + 1)]
