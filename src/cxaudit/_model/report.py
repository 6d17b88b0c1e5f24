"""The report: typed blocks that every renderer understands. Text is plain, never markup."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Self

import attrs

__all__ = [
    "Action",
    "Block",
    "Distribution",
    "Figure",
    "Funnel",
    "FunnelPoint",
    "Heading",
    "Image",
    "Interval",
    "Matrix",
    "MatrixCell",
    "Quote",
    "Ranking",
    "RankingRow",
    "Report",
    "ScoreBlock",
    "Section",
    "Series",
    "Table",
    "TextBlock",
]


class Figure(str):
    """A number as people read it, with the number itself for a spreadsheet.

    Attributes:
        value: The number, unrounded. A duration is in seconds, a share in [0, 1], a score from
            0 to 100.
        style: ``number``, ``count``, ``percent``, ``score`` or ``duration``.
    """

    __slots__ = ("style", "value")

    value: float
    style: str

    def __new__(cls, text: str, value: float, style: str) -> Self:
        """Return the figure."""
        figure = super().__new__(cls, text)
        figure.value = value
        figure.style = style
        return figure

    def __getnewargs__(self) -> tuple[Any, ...]:
        """Return what it is made of again after pickling or copying."""
        return str(self), self.value, self.style


class Interval(str):
    """An interval as people read it, with its two ends for a spreadsheet.

    Attributes:
        ends: The lower and the upper end, each as it is written alone: a figure.
    """

    __slots__ = ("ends",)

    ends: tuple[str, str]

    def __new__(cls, text: str, low: str, high: str) -> Self:
        """Return the interval."""
        interval = super().__new__(cls, text)
        interval.ends = low, high
        return interval

    def __getnewargs__(self) -> tuple[Any, ...]:
        """Return what it is made of again after pickling or copying."""
        return str(self), *self.ends


@attrs.frozen(kw_only=True)
class Heading:
    """A heading inside a section; ``level`` 1 to 3; ``anchor`` is its link target, if any.

    ``link``, here and in other blocks, is the anchor or the section's id of what it rests on.
    """

    text: str
    level: int = 2
    anchor: str = ""
    link: str = ""


@attrs.frozen(kw_only=True)
class TextBlock:
    """A paragraph. ``tone`` is ``plain``, ``lead``, ``note`` or ``warning``."""

    text: str
    tone: str = "plain"


@attrs.frozen(kw_only=True)
class ScoreBlock:
    """A score with its grade and ranges; numbers in [0, 1].

    ``low`` and ``high`` are the ends of its interval, the inner range; ``lowest`` and ``highest``
    what chance and what was not assessed leave together, the outer range.
    """

    title: str
    value: float | None
    grade: str | None = None
    coverage: float | None = None
    lowest: float | None = None
    highest: float | None = None
    low: float | None = None
    high: float | None = None
    note: str = ""
    link: str = ""


@attrs.frozen(kw_only=True)
class MatrixCell:
    """A cell: its score in [0, 1] or None, its interval, and what must be said of it."""

    value: float | None
    low: float | None = None
    high: float | None = None
    coverage: float | None = None
    note: str = ""
    critical: bool = False
    link: str = ""


@attrs.frozen(kw_only=True)
class Matrix:
    """Scores by two groupings; ``cells[row][column]``, the last of each the total."""

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[MatrixCell, ...], ...]


@attrs.frozen(kw_only=True)
class Table:
    """A table. Cells are texts, figures, or numbers that a renderer formats; None is a dash.

    ``numeric`` says which columns hold numbers; ``anchors`` gives each row a link target: the
    heading with that anchor where the report has one, else the row itself.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | float | int | None, ...], ...]
    numeric: tuple[bool, ...] = ()
    anchors: tuple[str, ...] = ()
    note: str = ""


@attrs.frozen(kw_only=True)
class Quote:
    """Words of a person, redacted, and where they come from."""

    text: str
    source: str


@attrs.frozen(kw_only=True)
class Series:
    """A value over ordered points; None where it is not known."""

    title: str
    points: tuple[tuple[str, float | None], ...]
    unit: str = ""


@attrs.frozen(kw_only=True)
class Distribution:
    """Counts over ordered bins."""

    title: str
    bins: tuple[tuple[str, int], ...]


@attrs.frozen(kw_only=True)
class RankingRow:
    """A ranked unit or group; equal ``rank`` is a tie that the data cannot break; 0 is no rank."""

    rank: int
    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""
    link: str = ""


@attrs.frozen(kw_only=True)
class Ranking:
    """Units or groups in order, best first, ties shown as ties."""

    title: str
    rows: tuple[RankingRow, ...]


@attrs.frozen(kw_only=True)
class FunnelPoint:
    """A unit or group of ``n`` cases; ``side`` is ``above`` or ``below`` outside the limits."""

    name: str
    n: int
    value: float
    side: str = ""


@attrs.frozen(kw_only=True)
class Funnel:
    """Shares in [0, 1] by how many cases they rest on, within the limits that chance allows.

    ``limits`` holds ``(n, low, high)`` by rising n; ``mean`` is the line in the middle.
    ``lower_is_better`` is None where neither side is the good one.
    """

    title: str
    points: tuple[FunnelPoint, ...]
    mean: float
    limits: tuple[tuple[int, float, float], ...] = ()
    note: str = ""
    lower_is_better: bool | None = None

    @property
    def outside(self) -> tuple[FunnelPoint, ...]:
        """Return the points outside the limits, the furthest out in standard errors first."""
        return tuple(
            sorted(
                (point for point in self.points if point.side),
                # The standard error of a share falls with the root of n; what else it rests on,
                # the mean, is the same for all.
                key=lambda point: -abs(point.value - self.mean) * math.sqrt(point.n),
            )
        )

    def judged(self, point: FunnelPoint) -> str:
        """Return if a point is ``better`` or ``worse`` than the limits; empty where none is."""
        if not point.side or self.lower_is_better is None:
            return ""
        return "better" if (point.side == "below") is self.lower_is_better else "worse"


@attrs.frozen(kw_only=True)
class Image:
    """A picture: its bytes, its media type, and ``text``, which says what it shows.

    It is ``image/png``, ``image/jpeg``, ``image/gif`` or ``image/webp``.
    """

    data: bytes = attrs.field(repr=False)
    media_type: str
    text: str
    caption: str = ""


@attrs.frozen(kw_only=True)
class Action:
    """What shall be done, by whom, by when."""

    text: str
    owner: str = ""
    due: str = ""
    effect: str = ""


Block = (
    Heading
    | TextBlock
    | ScoreBlock
    | Matrix
    | Table
    | Quote
    | Series
    | Distribution
    | Ranking
    | Funnel
    | Image
    | Action
)


@attrs.frozen(kw_only=True)
class Section:
    """A named part of a report; ``id`` is its link target."""

    id: str
    title: str
    blocks: tuple[Block, ...]


@attrs.frozen(kw_only=True)
class Report:
    """What every document for people is rendered from.

    Attributes:
        title, subtitle: What it is about.
        language: Language of its texts.
        audience: ``client``, ``internal`` or ``public``; acted on when the report is built.
        sections: In reading order.
        footer: One line at the end: versions and digests.
        branding: ``name``, ``colour`` and ``logo`` for documents; a logo is a ``data:`` address.
    """

    title: str
    subtitle: str = ""
    language: str = "en"
    audience: str = "client"
    sections: tuple[Section, ...] = ()
    footer: str = ""
    branding: Mapping[str, str] = attrs.field(factory=dict)
