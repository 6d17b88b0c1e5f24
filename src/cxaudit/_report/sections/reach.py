"""How many contacts went wrong, how many that is a month, and what the client says it costs."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

import attrs

from cxaudit._model.findings import Finding
from cxaudit._model.metrics import Measurement, MetricKind
from cxaudit._model.report import Block, Section, Table, TextBlock
from cxaudit._report.context import Context
from cxaudit._words import numbers
from cxaudit._words.language import N_, _, ngettext

__all__ = ["Reach", "reach", "reach_of"]

_MONTH_DAYS = 365.2425 / 12
_LISTED = 10


@attrs.frozen
class _Noun:
    """What was counted, in its forms for one and for many."""

    alone: tuple[str, str]
    recorded: tuple[str, str]
    monthly: tuple[str, str]


_RECORD = _Noun(
    N_("{n} record", "{n} records"),
    N_("{n} record in the records", "{n} records in the records"),
    N_("about {n} record a month", "about {n} records a month"),
)
_MATTER = _Noun(
    N_("{n} matter", "{n} matters"),
    N_("{n} matter in the records", "{n} matters in the records"),
    N_("about {n} matter a month", "about {n} matters a month"),
)
_CALL = _Noun(
    N_("{n} call", "{n} calls"),
    N_("{n} call in the records", "{n} calls in the records"),
    N_("about {n} call a month", "about {n} calls a month"),
)
_THREAD = _Noun(
    N_("{n} thread", "{n} threads"),
    N_("{n} thread in the records", "{n} threads in the records"),
    N_("about {n} thread a month", "about {n} threads a month"),
)
_PROMISE = _Noun(
    N_("{n} promise", "{n} promises"),
    N_("{n} promise in the records", "{n} promises in the records"),
    N_("about {n} promise a month", "about {n} promises a month"),
)
_NOUNS = {
    "calls": _CALL,
    "call_chains": _CALL,
    "missed_calls": _CALL,
    "queue_visits": _CALL,
    "threads": _THREAD,
    "handlings": _THREAD,
    "machine_handovers": _THREAD,
    "messages": _Noun(
        N_("{n} message", "{n} messages"),
        N_("{n} message in the records", "{n} messages in the records"),
        N_("about {n} message a month", "about {n} messages a month"),
    ),
    "conversations": _Noun(
        N_("{n} conversation", "{n} conversations"),
        N_("{n} conversation in the records", "{n} conversations in the records"),
        N_("about {n} conversation a month", "about {n} conversations a month"),
    ),
    "contacts": _Noun(
        N_("{n} contact", "{n} contacts"),
        N_("{n} contact in the records", "{n} contacts in the records"),
        N_("about {n} contact a month", "about {n} contacts a month"),
    ),
    "issues": _MATTER,
    "promises": _PROMISE,
    "written_promises": _PROMISE,
    "responses": _Noun(
        N_("{n} response", "{n} responses"),
        N_("{n} response in the records", "{n} responses in the records"),
        N_("about {n} response a month", "about {n} responses a month"),
    ),
    "complaints": _Noun(
        N_("{n} complaint", "{n} complaints"),
        N_("{n} complaint in the records", "{n} complaints in the records"),
        N_("about {n} complaint a month", "about {n} complaints a month"),
    ),
}


_NO_CONTACTS = {"staffing", "staffing_needs", "message_volumes"}
"""Tables whose rows are stretches of time."""


@attrs.frozen(kw_only=True)
class Reach:
    """Contacts that went wrong.

    Attributes:
        wrong: How many in the records.
        of: Of how many.
        noun: What they are, in words.
        monthly: How many a month, when a wave bounds the records, which says of what time they are.
        worth: What they cost a month (in the records without a wave) by the client's figure.
    """

    wrong: int
    of: int
    noun: _Noun
    monthly: float | None
    worth: float | None

    @property
    def count(self) -> float:
        """Return how many a month, else how many in the records."""
        return self.wrong if self.monthly is None else self.monthly

    def words(self) -> str:
        """Return ``about 1,900 threads a month``, or how many there are in the records."""
        if self.monthly is None:
            return ngettext(*self.noun.recorded, self.wrong)
        return ngettext(*self.noun.monthly, _about(self.monthly))


def reach_of(context: Context, finding: Finding) -> Reach | None:
    """Return how many contacts a measured finding touches; None where rows do not tell.

    Where an item only informs, nobody has said which end of its metric is the wrong one.
    """
    measured = context.measurement(finding)
    item = context.items.get(finding.item)
    if measured is None or item is None or item.check is None or not measured.n:
        return None
    if item.role != "practice":
        return None
    metric = context.metrics.get(measured.metric)
    lower = context.lower_is_better(item)
    wrong = _wrong(measured, lower=lower, target=item.check.settings.get("target"))
    if metric is None or metric.table in _NO_CONTACTS or not wrong:
        return None
    days = context.result.days.get(metric.table)
    monthly = wrong * _MONTH_DAYS / days if days else None
    worth = None
    if context.result.worth is not None:
        price = next(
            (
                sum_
                for glob, sum_ in context.result.worth.per_contact.items()
                if fnmatchcase(finding.item, glob)
            ),
            None,
        )
        worth = None if price is None else price * (wrong if monthly is None else monthly)
    noun = _NOUNS.get(metric.table, _RECORD)
    return Reach(wrong=wrong, of=measured.n, noun=noun, monthly=monthly, worth=worth)


def reach(context: Context, findings: Iterable[Finding]) -> Section | None:
    """Return how many contacts the findings touch, and what that is worth."""
    touched = [
        (finding, finding_reach)
        for finding in findings
        if (finding_reach := reach_of(context, finding)) is not None
    ]
    touched.sort(key=lambda pair: -pair[1].count)
    if not touched:
        return None
    monthly = any(finding_reach.monthly is not None for _, finding_reach in touched)
    worth = context.result.worth
    columns = [_("Finding"), _("Where"), *([_("A month")] if monthly else [])]
    columns += [_("In the records"), _("Of")]
    if worth is not None:
        money = worth.currency
        columns.append(_("{currency} a month", currency=money) if monthly else money)
    rows = []
    for finding, finding_reach in touched[:_LISTED]:
        row = [
            _heading(context, finding),
            context.touchpoint(finding.touchpoint),
            *([_count(finding_reach.monthly)] if monthly else []),
            numbers.count(finding_reach.wrong),
            numbers.Figure(
                ngettext(*finding_reach.noun.alone, finding_reach.of), finding_reach.of, "count"
            ),
        ]
        priced = finding_reach.monthly is not None or not monthly
        row += [_count(finding_reach.worth if priced else None)] if worth else []
        rows.append(tuple(row))
    note = [
        _(
            "Contacts, not people: one customer may be among them more than once, and under "
            "several findings. Sums over findings would count them twice."
        )
    ]
    if any(finding_reach.monthly is None for _, finding_reach in touched):
        note.append(_("How many that is a month is said where a wave bounds the records."))
    blocks: list[Block] = [
        Table(
            title=_("Contacts that went wrong"),
            columns=tuple(columns),
            rows=tuple(rows),
            numeric=(False, False, *([True] * (len(columns) - 2))),
            anchors=tuple(f"item-{finding.item}" for finding, finding_reach in touched[:_LISTED]),
            note=" ".join(note),
        )
    ]
    text = _("What they are worth is not said: the audit file holds no figure of the client's own.")
    if worth is not None:
        text = _("Worth by the client's own figures: {basis}.", basis=worth.basis.rstrip("."))
    blocks.append(TextBlock(text=text, tone="note"))
    title = _("How many customers does it touch?")
    return Section(id="reach", title=title, blocks=tuple(blocks))


def _heading(context: Context, finding: Finding) -> str:
    """Return the item's failing title, also for an item that was met; else what was expected."""
    item = context.items[finding.item]
    if item.fail_title:
        return context.text(item.fail_title)
    return _("expected: {title}", title=context.expected(finding))


def _wrong(measured: Measurement, *, lower: bool | None, target: object) -> int:
    """Return how many rows count against a metric; 0 where its statistics do not tell."""
    statistics, n = measured.statistics, measured.n
    if lower is None:
        return 0
    if measured.kind is MetricKind.SHARE:
        return int(statistics["k"] if lower else n - statistics["k"])
    if measured.kind is MetricKind.QUANTILE and isinstance(target, int | float):
        within = statistics.get(f"le:{float(target)!r}")
        if within is not None:
            return int(n - within if lower else within)
    return 0


def _about(value: float) -> int:
    """Return a number rounded to two significant digits, such as 1900."""
    if value < 10:  # noqa: PLR2004 - under ten a decimal would say more than is known
        return max(1, round(value))
    digits = len(str(round(value))) - 2
    return int(round(value / 10**digits) * 10**digits)


def _count(value: float | None) -> str:
    if value is None:
        return numbers.DASH
    return numbers.Figure(numbers.count(_about(value)), value, "count")
