"""A house export in which each row states its target: the minutes that were promised."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cxaudit.columns import number, text, time
from cxaudit.errors import Problem, SourceError
from cxaudit.plugin import Metric, ReadRequest, Rows, Skipped, Source, Table, hook
from cxaudit.records import csv_records

NEEDED = ("Order", "Called", "Promised min", "Served")

ORDERS = Table(
    id="house_orders",
    meaning="One order, with what its customer was promised.",
    touchpoint="in-store",
    key=("order",),
    time=("called_at",),
    columns=(
        text("order", "Its number."),
        time("called_at", "When it was called out."),
        number("promised_s", "Within what time it was promised.", "seconds"),
        time("served_at", "When it was served; null when it never was."),
    ),
)

AS_PROMISED = Metric(
    id="house.orders.as-promised",
    table="house_orders",
    kind="share",
    where="promised_s IS NOT NULL",
    value="seconds_between(called_at, served_at) <= promised_s",
    lower_is_better=False,
    title="Orders served as promised",
    says="{k} of {n} orders were served within the time that their customer was promised.",
    description="Of orders with a promised time, those served within it; each against its own.",
)

Order = Mapping[str, str | float | None] | ValueError | Skipped


def read_orders(request: ReadRequest) -> Rows:
    """Return the orders; cancelled ones are left out by a rule, and counted.

    Raises:
        SourceError: While rows are taken, for a file without the export's columns.
    """
    notes: list[str] = []
    return Rows(
        rows=_orders(request, notes),
        columns=("order", "called_at", "promised_s", "served_at"),
        notes=notes,
    )


def _orders(request: ReadRequest, notes: list[str]) -> Iterator[tuple[str, int, Order]]:
    for shown, number_there, record in csv_records(request, separator=";", notes=notes):
        if isinstance(record, ValueError):
            yield shown, number_there, record
            continue
        if missing := [name for name in NEEDED if name not in record]:
            message = f"the export has no column {missing[0]!r}"
            raise SourceError((Problem(message, file=shown, hint="Export all columns."),))
        yield shown, number_there, _order(record)


def _order(record: Mapping[str, str]) -> Order:
    if record.get("State") == "cancelled":
        return Skipped("a cancelled order")
    promised = record["Promised min"].strip()
    try:
        seconds = 60 * float(promised.replace(",", ".")) if promised else None
    except ValueError:
        return ValueError(f"{promised!r} are no minutes")
    return {
        "order": record["Order"],
        "called_at": record["Called"] or None,
        "promised_s": seconds,
        "served_at": record["Served"] or None,
    }


@hook
def cxaudit_register() -> Iterable[object]:
    """Yield the table, what is measured over it, and what reads it."""
    yield ORDERS
    yield AS_PROMISED
    yield Source(
        id="house.orders",
        read=read_orders,
        settings={
            "type": "object",
            "properties": {"encoding": {"type": "string"}},
            "additionalProperties": False,
        },
        suffixes=(".csv",),
        tables=("house_orders",),
        summary="Orders of the house's till, with what each customer was promised.",
    )
