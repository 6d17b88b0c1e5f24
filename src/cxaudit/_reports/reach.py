"""How many contacts went wrong, how many that is a month, and what the client says it costs."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

import attrs

from cxaudit._model.findings import Finding
from cxaudit._model.metrics import Measurement, MetricKind
from cxaudit._model.report import Block, Section, Table, TextBlock
from cxaudit._reports import numbers
from cxaudit._reports.context import Context

__all__ = ["Reach", "reach", "reach_of"]

_MONTH_DAYS = 365.2425 / 12
_LISTED = 10
_NOUNS = {
    "calls": ("call", "calls"),
    "threads": ("thread", "threads"),
    "messages": ("message", "messages"),
    "conversations": ("conversation", "conversations"),
    "contacts": ("contact", "contacts"),
    "call_chains": ("matter", "matters"),
    "issues": ("matter", "matters"),
    "promises": ("promise", "promises"),
    "written_promises": ("promise", "promises"),
    "responses": ("response", "responses"),
    "complaints": ("complaint", "complaints"),
}


@attrs.frozen(kw_only=True)
class Reach:
    """Contacts that went wrong.

    Attributes:
        wrong: How many in the records.
        of: Of how many.
        noun: What they are, in singular and plural.
        monthly: How many a month, when the wave says what time the records are of.
        worth: What they cost a month (in the records without a wave) by the client's figure.
    """

    wrong: int
    of: int
    noun: tuple[str, str]
    monthly: float | None
    worth: float | None

    @property
    def count(self) -> float:
        """Return how many a month, else how many in the records."""
        return self.wrong if self.monthly is None else self.monthly

    def words(self) -> str:
        """Return ``about 1,900 threads a month``, or how many there are in the records."""
        if self.monthly is None:
            return f"{numbers.plural(self.wrong, *self.noun)} in the records"
        return f"about {_about(self.monthly)} {self.noun[1]} a month"


def reach_of(context: Context, finding: Finding) -> Reach | None:
    """Return how many contacts a measured finding touches; None where rows do not tell."""
    measured = context.measurement(finding)
    item = context.items.get(finding.item)
    if measured is None or item is None or item.check is None or not measured.n:
        return None
    metric = context.metrics.get(measured.metric)
    better = item.check.settings.get("better")
    lower = metric.lower_is_better if metric and better is None else better == "lower"
    wrong = _wrong(measured, lower=lower, target=item.check.settings.get("target"))
    if metric is None or not wrong:
        return None
    monthly, wave = None, context.result.wave
    if wave is not None:
        monthly = wrong * _MONTH_DAYS / ((wave.end - wave.start).days + 1)
    worth = None
    if context.result.worth is not None:
        each = next(
            (
                sum_
                for glob, sum_ in context.result.worth.per_contact.items()
                if fnmatchcase(finding.item, glob)
            ),
            None,
        )
        worth = None if each is None else each * (wrong if monthly is None else monthly)
    noun = _NOUNS.get(metric.table, ("record", "records"))
    return Reach(wrong=wrong, of=measured.n, noun=noun, monthly=monthly, worth=worth)


def reach(context: Context, found: Iterable[Finding]) -> Section:
    """Return how many contacts the findings touch, and what that is worth."""
    title = "How many customers does it touch?"
    touched = [(each, known) for each in found if (known := reach_of(context, each)) is not None]
    touched.sort(key=lambda each: -each[1].count)
    if not touched:
        text = "No finding rests on records that tell how many contacts went wrong."
        return Section(id="reach", title=title, blocks=(TextBlock(text=text, tone="note"),))
    monthly = touched[0][1].monthly is not None
    worth = context.result.worth
    columns = ["Finding", "Where", *(["A month"] if monthly else []), "In the records", "Of"]
    columns += [f"{worth.currency} a month" if monthly else worth.currency] if worth else []
    rows = []
    for each, known in touched[:_LISTED]:
        row = [
            context.title(each),
            context.touchpoint(each.touchpoint),
            *([_count(known.count)] if monthly else []),
            numbers.count(known.wrong),
            numbers.plural(known.of, *known.noun),
        ]
        row += [numbers.DASH if known.worth is None else _count(known.worth)] if worth else []
        rows.append(tuple(row))
    note = "Contacts, not people: one customer may be among them more than once, and under several "
    note += "findings. Sums over findings would count them twice."
    if not monthly:
        note += " How many that is a month is said when the audit names its wave."
    blocks: list[Block] = [
        Table(
            title="Contacts that went wrong",
            columns=tuple(columns),
            rows=tuple(rows),
            numeric=(False, False, *([True] * (len(columns) - 2))),
            anchors=tuple(f"item-{each.item}" for each, _ in touched[:_LISTED]),
            note=note,
        )
    ]
    text = "What they are worth is not said: the audit file holds no figure of the client's own."
    if worth is not None:
        text = f"Worth by the client's own figures: {worth.basis.rstrip('.')}."
    blocks.append(TextBlock(text=text, tone="note"))
    return Section(id="reach", title=title, blocks=tuple(blocks))


def _wrong(measured: Measurement, *, lower: bool | None, target: object) -> int:
    """Return how many rows count against a metric; 0 where its statistics do not tell."""
    given, n = measured.statistics, measured.n
    if lower is None:
        return 0
    if measured.kind is MetricKind.SHARE:
        return int(given["k"] if lower else n - given["k"])
    if measured.kind is MetricKind.QUANTILE and isinstance(target, int | float):
        within = given.get(f"le:{float(target)!r}")
        if within is not None:
            return int(n - within if lower else within)
    return 0


def _about(value: float) -> str:
    """Return a number with two digits that count, such as ``1,900``."""
    if value < 10:  # noqa: PLR2004 - under ten a decimal would say more than is known
        return numbers.count(max(1, round(value)))
    digits = len(str(round(value))) - 2
    return numbers.count(int(round(value / 10**digits) * 10**digits))


def _count(value: float) -> str:
    return numbers.Figure(_about(value), value, "count")
