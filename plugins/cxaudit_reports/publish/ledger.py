"""The counts that a result shows, and the sums that hold between them.

A cell is how many rows or cases a metric, or an asked item, rests on at a place (unit, touchpoint,
group of a breakdown). The sums are those of the unit tree, of the groups of a breakdown, of the
touchpoints below one, and those between metrics of one table (`cxaudit_reports.publish.relations`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import attrs

from cxaudit.plugin import AuditResult, Finding, Measurement, Metric, MetricKind, UnitTree
from cxaudit_reports.publish.relations import equal, parts_of_shares, three_parts, two_parts
from cxaudit_reports.publish.suppression import Sum

__all__ = ["Cell", "Ledger", "Position", "ledger"]


class Position(NamedTuple):
    """Where rows are counted; ``breakdown`` is empty outside breakdowns."""

    unit: str
    touchpoint: str
    breakdown: str = ""
    group: str | None = None


class Cell(NamedTuple):
    """How many rows of a population lie at a place."""

    population: str
    position: Position


@attrs.define
class Ledger:
    """The cells of a result, their sums, and which finding and measurement shows which cells."""

    counts: dict[Cell, int] = attrs.field(factory=dict)
    """What metrics and items rest on."""
    held: dict[Cell, int] = attrs.field(factory=dict)
    """How many rows of a share held or did not, where another metric rests on just these."""
    common: dict[Cell, list[int]] = attrs.field(factory=dict)
    """How many rows held, where shares of different rows tell the same: cell to measurements."""
    rests: dict[Cell, int] = attrs.field(factory=dict)
    """Rows of a unit or touchpoint that lie in none of its parts."""
    totals: dict[Cell, int] = attrs.field(factory=dict)
    """All rows of a breakdown."""
    shares: dict[str, dict[Cell, float]] = attrs.field(factory=dict)
    """Of each share: cell to how many of its rows held."""
    tables: dict[str, str] = attrs.field(factory=dict)
    """Population to its table."""
    sums: list[Sum] = attrs.field(factory=list)
    of_finding: dict[int, set[Cell]] = attrs.field(factory=dict)
    judged_from: dict[int, list[int]] = attrs.field(factory=dict)
    """Finding to the measurements that it was judged from: it shows what they show."""
    of_measurement: dict[int, set[Cell]] = attrs.field(factory=dict)

    @property
    def all_counts(self) -> dict[Cell, int]:
        """Return every cell with its count."""
        return {**self.counts, **self.held, **self.rests, **self.totals}

    def small(self, minimum: int) -> set[Cell]:
        """Return the cells that hold something and less than the minimum.

        How many rows of a share held is none of them: 4 of 1,000 rests on 1,000.
        """
        some = {**self.counts, **self.rests}
        return {cell for cell, count in some.items() if 0 < count < minimum}


def ledger(result: AuditResult, dropped: Collection[str] = ()) -> Ledger:
    """Return the cells of a result and their sums, without the breakdowns that are dropped."""
    book = Ledger()
    metrics = {metric.id: metric for metric in result.metrics}
    for number, measurement in enumerate(result.measurements):
        if measurement.metric in metrics and measurement.breakdown not in dropped:
            _add_measurement(book, number, measurement, metrics[measurement.metric])
    _add_findings(book, result)
    _add_relations(book)
    _add_held(book, result)
    for finding, measurements in book.judged_from.items():
        book.of_finding[finding].update(
            *(book.of_measurement[measurement] for measurement in measurements)
        )
    _add_units(book, result.units)
    _add_touchpoints(book)
    _add_breakdowns(book)
    return book


def _population(metric: Metric) -> str:
    """Return a text that is the same for metrics that rest on the same rows."""
    text: tuple[object, ...] = (metric.where, sorted(metric.parameters.items()))
    if metric.kind not in {MetricKind.SHARE, MetricKind.COUNT}:
        text += (metric.value, metric.numerator, metric.denominator)
        text += (metric.positive, metric.negative, metric.event)
    return " ".join(f"rows of {metric.table}: {text!r}".split())


def _position(measurement: Measurement) -> Position:
    if measurement.breakdown is None:
        return Position(measurement.unit, measurement.touchpoint)
    # Rows for which no group is stated are a group too.
    group = "none stated" if measurement.group is None else f"group {measurement.group}"
    return Position(measurement.unit, measurement.touchpoint, measurement.breakdown, group)


def _add_measurement(book: Ledger, number: int, measurement: Measurement, metric: Metric) -> None:
    cell = Cell(_population(metric), _position(measurement))
    if book.counts.setdefault(cell, measurement.n) != measurement.n:
        # Metrics that read alike and count otherwise rest on two populations.
        cell = Cell(f"{cell.population} of {measurement.metric}", cell.position)
        book.counts[cell] = measurement.n
    book.tables[cell.population] = metric.table
    book.of_measurement[number] = {cell}
    if measurement.kind is MetricKind.SHARE and "k" in measurement.statistics:
        book.shares.setdefault(measurement.metric, {})[cell] = measurement.statistics["k"]


def _add_findings(book: Ledger, result: AuditResult) -> None:
    """Add what findings show: the cells of their metrics, or their own cases.

    What a document says is a fact about one thing, and no count of people.
    """
    measured = {
        (measurement.metric, measurement.unit, measurement.touchpoint): number
        for number, measurement in enumerate(result.measurements)
        if measurement.breakdown is None and number in book.of_measurement
    }
    items = {item.id: item for item in result.checklist.items}
    for number, finding in enumerate(result.findings):
        item = items[finding.item]
        if item.ask is not None and item.ask.method == "document":
            continue
        settings = item.check.settings.values() if item.check is not None else ()
        names = [value for value in settings if isinstance(value, str)]
        keys = [(name, finding.unit, finding.touchpoint) for name in names]
        used = [measured[key] for key in keys if key in measured]
        book.judged_from[number] = used
        counts = {result.measurements[measured].n for measured in used}
        book.of_finding[number] = set() if finding.n in counts else {_cases(book, finding)}


def _cases(book: Ledger, finding: Finding) -> Cell:
    cell = Cell(f"cases of {finding.item}", Position(finding.unit, finding.touchpoint))
    book.counts[cell] = finding.n
    if finding.score is not None:
        book.shares.setdefault(cell.population, {})[cell] = finding.score * finding.n
    return cell


def _by_table(book: Ledger) -> dict[str, dict[str, dict[Position, int]]]:
    by_table: dict[str, dict[str, dict[Position, int]]] = defaultdict(lambda: defaultdict(dict))
    for cell, count in book.counts.items():
        by_table[book.tables.get(cell.population, "")][cell.population][cell.position] = count
    return by_table


def _add_relations(book: Ledger) -> None:
    for table, populations in _by_table(book).items():
        for one, other in equal(populations):
            _tie(book, one, other, populations[one].keys() & populations[other].keys())
        if not table:
            continue  # items are asked in the same cases, and do not add up
        for total, *parts in chain(two_parts(populations), three_parts(populations)):
            shared = set(populations[total]).intersection(*(populations[part] for part in parts))
            book.sums += [
                Sum(Cell(total, position), tuple(Cell(part, position) for part in parts))
                for position in shared
                if populations[total][position]
                == sum(populations[part][position] for part in parts)
            ]


def _tie(book: Ledger, one: str, other: str, positions: Collection[Position]) -> None:
    book.sums += [Sum(Cell(one, position), (Cell(other, position),)) for position in positions]


def _add_held(book: Ledger, result: AuditResult) -> None:
    """Tie what shares tell of rows that held, or did not, to all that tells the same.

    That is a metric which rests on just these rows, or a share of other rows.
    """
    tables = _by_table(book)
    cells_of: dict[str, list[tuple[int, Cell]]] = defaultdict(list)
    for number, cells in book.of_measurement.items():
        cells_of[result.measurements[number].metric] += [(number, cell) for cell in cells]
    loose: dict[str, dict[str, dict[Position, int]]] = defaultdict(dict)
    teller: dict[str, str] = {}
    for metric, numbered in cells_of.items():
        ks = book.shares.get(metric, {})
        if not ks:
            continue
        table = book.tables[numbered[0][1].population]
        held = {cell.position: round(k) for cell, k in ks.items()}
        failed = {cell.position: book.counts[cell] - held[cell.position] for cell in ks}
        for what, counts in (("held", held), ("did not hold", failed)):
            label = f"{what}: {metric}"
            other = parts_of_shares(counts, tables[table])
            if other is None:
                loose[table][label] = counts
                teller[label] = metric
                continue
            _tell(book, label, counts, numbered)
            _tie(book, other, label, counts.keys() & tables[table][other].keys())
    for vectors in loose.values():
        first: dict[str, str] = {}
        for one, other in equal(vectors):
            for label in (one, other):
                if label not in first:
                    first[label] = one
                    _tell(book, one, vectors[label], cells_of[teller[label]], common=True)


def _tell(
    book: Ledger,
    label: str,
    counts: Mapping[Position, int],
    numbered: Sequence[tuple[int, Cell]],
    *,
    common: bool = False,
) -> None:
    """Note that measurements tell a count of rows that held."""
    for number, base in numbered:
        if base.position in counts:
            cell = Cell(label, base.position)
            book.held[cell] = counts[base.position]
            book.of_measurement[number].add(cell)
            if common:
                book.common.setdefault(cell, []).append(number)


def _add_units(book: Ledger, units: UnitTree) -> None:
    counted = {**book.counts, **book.held}
    parts: dict[Cell, list[Cell]] = defaultdict(list)
    for cell in counted:
        unit = units[cell.position.unit]
        if unit.parent is not None and not unit.comparator:
            above = Cell(cell.population, cell.position._replace(unit=unit.parent))
            if above in counted:
                parts[above].append(cell)
    for total, members in parts.items():
        _add_sum(book, total, members, "outside its units")


def _add_touchpoints(book: Ledger) -> None:
    counted = {**book.counts, **book.held}
    parts: dict[Cell, list[Cell]] = defaultdict(list)
    for cell in counted:
        above = cell.position.touchpoint
        while above != "organisation":
            above = above.rpartition(".")[0] or "organisation"
            total = Cell(cell.population, cell.position._replace(touchpoint=above))
            if total in counted:
                parts[total].append(cell)
                break
    for total, members in parts.items():
        if sum(counted[cell] for cell in members) <= counted[total]:
            _add_sum(book, total, members, "outside its touchpoints")
        else:
            # Rows were not told apart by touchpoint: each of them holds all.
            book.sums += [Sum(total, (c,)) for c in members if counted[c] == counted[total]]


def _add_sum(book: Ledger, total: Cell, parts: Sequence[Cell], where: str) -> None:
    """Add a sum; what of the total lies in no part is a cell of its own."""
    counted = {**book.counts, **book.held} if total in book.held else book.counts
    rest = counted[total] - sum(counted[part] for part in parts)
    if rest < 0:
        return  # the parts overlap, so nothing can be subtracted
    members = tuple(parts)
    if rest:
        cell = Cell(f"{total.population}, {where}", total.position)
        rests = book.totals if total in book.held else book.rests
        rests[cell] = rest
        members += (cell,)
    book.sums.append(Sum(total, members))


def _add_breakdowns(book: Ledger) -> None:
    """Tie the groups of breakdowns to every other count of the same rows."""
    counted = {**book.counts, **book.held}
    alike: dict[tuple[str, str, int], list[Cell]] = defaultdict(list)
    for cell, count in counted.items():
        if not cell.position.breakdown and count:
            alike[cell.population, cell.position.unit, count].append(cell)
    groups: dict[tuple[str, Position], list[Cell]] = defaultdict(list)
    for cell in counted:
        if cell.position.breakdown:
            groups[cell.population, cell.position._replace(group=None)].append(cell)
    for (population, position), parts in groups.items():
        whole = sum(counted[cell] for cell in parts)
        total = Cell(population, position._replace(breakdown=f"all {whole}"))
        book.sums.append(Sum(total, tuple(parts)))
        if total not in book.totals:
            book.totals[total] = whole
            book.sums += [Sum(total, (same,)) for same in alike[population, position.unit, whole]]
