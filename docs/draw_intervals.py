"""Draw the two pictures of docs/explanation/intervals.md: days as dots, and twenty items as one.

Run from the repository: ``python docs/draw_intervals.py``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cxaudit._statistics.clusters import (
    by_cluster,
    clustered_share_interval,
    unit_length,
    wilson_intervals,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ends = tuple[float, float]

IMAGES = Path(__file__).parent / "images"
SEED = 29
INK, SOFT, LINE, ACCENT, WARM = "#1d2530", "#5d6874", "#c9d0d6", "#0f6272", "#b4532a"
VISITS, ITEMS = 30, 20


def main() -> None:
    """Write both pictures."""
    calls, kept = days()
    (IMAGES / "intervals-days.svg").write_text(days_picture(calls, kept), "utf-8")
    (IMAGES / "intervals-items.svg").write_text(items_picture(), "utf-8")


def days() -> tuple[Floats, Floats]:
    """Return calls of thirty days and those of them that were answered in time."""
    rng = np.random.default_rng(SEED)
    calls = rng.integers(120, 280, 30)
    shares = 1 / (1 + np.exp(-rng.normal(1.4, 0.45, 30)))
    return calls.astype(float), rng.binomial(calls, shares).astype(float)


def share_of(calls: Floats, kept: Floats) -> dict[str, float]:
    """Return a share with both intervals, its design effect and what its rows count as."""
    n, share = calls.sum(), kept.sum() / calls.sum()
    spread = by_cluster(calls, kept, np.asarray(share * (1 - share) / n), calls)
    rows = wilson_intervals(np.asarray(share), np.asarray(n))
    clusters = clustered_share_interval(spread.ratio, np.asarray(n), spread.effect, spread.clusters)
    names = ("rows_low", "rows_high", "low", "high")
    ends = dict(zip(names, map(float, (*rows, *clusters)), strict=True))
    effect = float(spread.effect)
    return {"n": n, "share": share, "effect": effect, "count": n / effect, **ends}


def answers(*, alike: bool) -> Floats:
    """Return answers, 1 or 0, to items (rows) in visits (columns): to each half of them yes."""
    rng = np.random.default_rng(SEED)
    one = np.repeat([1.0, 0.0], VISITS // 2)
    first = rng.permutation(one)
    return np.array([first if alike else rng.permutation(one) for _ in range(ITEMS)])


def item_interval() -> Ends:
    """Return the interval of one of these items."""
    half, visits = np.asarray(0.5), np.asarray(float(VISITS))
    low, high = clustered_share_interval(half, visits - 1, np.asarray(1.0), visits)
    return float(low), float(high)


def score_interval(table: Floats) -> Ends:
    """Return the interval of a score of items of one weight: MOVER along their directions."""
    low, high = item_interval()
    directions = unit_length(table - table.mean(axis=1, keepdims=True), table)
    together = np.sqrt(np.square(directions.sum(axis=0)).sum()) / len(table)
    return 0.5 - (0.5 - low) * float(together), 0.5 + (high - 0.5) * float(together)


def days_picture(calls: Floats, kept: Floats) -> str:
    """Draw each day as a dot, and what calls and days make of them."""
    month, left, right, top, bottom = share_of(calls, kept), 60, 600, 30, 300

    def y(share: float) -> float:
        return bottom - (share - 0.5) / 0.5 * (bottom - top)

    parts = [
        f'<line x1="{left}" y1="{y(tick):.1f}" x2="{right}" y2="{y(tick):.1f}" stroke="{LINE}"/>'
        + text(left - 8, y(tick) + 4, f"{100 * tick:.0f} %", "end")
        for tick in (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    ]
    # Where 95 of 100 days of usual size would lie, if days were alike.
    usual = 1.96 * np.sqrt(month["share"] * (1 - month["share"]) / calls.mean())
    upper, lower = y(month["share"] + usual), y(month["share"] - usual)
    parts.append(
        f'<rect x="{left}" y="{upper:.1f}" width="{right - left}" height="{lower - upper:.1f}" '
        f'fill="{ACCENT}" opacity=".13"/>'
    )
    parts.append(
        f'<line x1="{left}" y1="{y(month["share"]):.1f}" x2="{right + 150}" '
        f'y2="{y(month["share"]):.1f}" stroke="{INK}" stroke-dasharray="4 4"/>'
    )
    for day, (n, k) in enumerate(zip(calls, kept, strict=True)):
        x = left + (day + 0.5) * (right - left) / len(calls)
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y(k / n):.1f}" r="{np.sqrt(n) / 3:.1f}" fill="{ACCENT}"/>'
        )
    for at, name, ends, colour in (
        (right + 45, "calls", ("rows_low", "rows_high"), WARM),
        (right + 110, "days", ("low", "high"), ACCENT),
    ):
        low, high = (y(month[end]) for end in ends)
        parts.append(rect(at - 6, high, 12, low - high, colour, 3))
        parts.append(text(at, bottom + 22, f"by {name}", "middle", colour))
    parts.append(text(left, bottom + 22, "30 days, a dot each; shaded: where days of one kind lie"))
    return svg(790, 340, parts, "Shares of thirty days, and intervals by calls and by days")


def items_picture() -> str:
    """Draw twenty items in thirty visits that say the same, and twenty that do not."""
    parts, size = [], 10
    for left, name, alike in (
        (20, "twenty items that say the same", True),
        (410, "twenty items that have nothing in common", False),
    ):
        table = answers(alike=alike)
        parts.append(text(left, 24, name))
        parts += [
            rect(left, 36, VISITS * size, ITEMS * size, LINE),
            f'<g fill="{ACCENT}">',
            *(
                f'<rect x="{left + visit * size}" y="{36 + item * size}" width="9" height="9"/>'
                for item, visit in np.argwhere(table).tolist()
            ),
            "</g>",
        ]
        wide, base = VISITS * size, 36 + ITEMS * size + 26
        low, high = score_interval(table)
        parts += [
            rect(left, base - 1, wide, 2, LINE),
            rect(left + low * wide, base - 6, (high - low) * wide, 12, ACCENT, 6),
            rect(left + wide / 2 - 1.5, base - 12, 3, 24, INK),
            text(left, base + 24, "0"),
            text(left + wide, base + 24, "100", "end"),
            text(left + wide / 2, base + 32, f"50 ({100 * low:.0f} to {100 * high:.0f})", "middle"),
        ]
    title = "Twenty items in thirty visits that say the same, and twenty that do not"
    return svg(730, 310, parts, title)


def rect(x: float, y: float, width: float, height: float, fill: str, radius: int = 0) -> str:
    """Return a rectangle."""
    size = f'width="{width:.1f}" height="{height:.1f}" rx="{radius}"'
    return f'<rect x="{x:.1f}" y="{y:.1f}" {size} fill="{fill}"/>'


def text(x: float, y: float, words: str, anchor: str = "start", colour: str = SOFT) -> str:
    """Return words at a place."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{words}</text>'


def svg(width: int, height: int, parts: list[str], title: str) -> str:
    """Return a picture."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'font-family="sans-serif" font-size="13">'
    )
    paper = f'<rect width="{width}" height="{height}" fill="#fff"/>'
    return "\n".join([head, f"<title>{title}</title>", paper, *parts, "</svg>", ""])


if __name__ == "__main__":
    main()
