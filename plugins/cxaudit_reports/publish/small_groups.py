"""What of a result rests on few rows or cases, is of single people, or would give these away."""

from __future__ import annotations

import re
from collections.abc import Collection
from collections.abc import Set as AbstractSet

import attrs

from cxaudit.documents import groups_people, is_person
from cxaudit.plugin import AuditResult, Breakdown, UnitTree
from cxaudit_reports.publish.ledger import Cell, Ledger, ledger
from cxaudit_reports.publish.suppression import derivable, protect

__all__ = ["KeptBack", "kept_back"]

_WORDS = re.compile(r"'(?:[^']|'')*'|\b([a-z_]\w*)\b(?!\s*\()", re.IGNORECASE)
_NO_COLUMNS = {"and", "or", "not", "case", "when", "then", "else", "end", "is", "null", "in"}


@attrs.frozen(kw_only=True)
class KeptBack:
    """What of a result must not be shown.

    Attributes:
        findings: Places of findings in the result that are hidden.
        measurements: Places of measurements that are hidden.
        units: Units of which nothing is left to show, single people among them.
        people: How many of these units are single people.
        small: How many findings and measurements rest on too few; the other hidden ones are of
            single people, or would give a hidden one away.
        breakdowns: Breakdowns that are hidden as a whole.
    """

    findings: frozenset[int]
    measurements: frozenset[int]
    units: frozenset[str]
    people: int
    small: int
    breakdowns: frozenset[str]


def kept_back(result: AuditResult, minimum: int) -> KeptBack:
    """Return what must not be shown when numbers on fewer than ``minimum`` may not be.

    Single people are kept back whatever their number. Of breakdowns that group the same column
    in several ways, one is left as soon as a group of them is hidden: how their groups lie in
    each other is not known here, and a reader may know it.

    Raises:
        ValueError: If a hidden count could still be worked out (then nothing may be published).
    """
    people = _people(result.units)
    ids = {breakdown.id for breakdown in result.breakdowns}
    dropped = {breakdown.id for breakdown in result.breakdowns if groups_people(breakdown.by)}
    dropped |= {
        measurement.breakdown for measurement in result.measurements if measurement.breakdown
    } - ids
    book, suppressed = _protected(result, people, dropped, minimum)
    if further := _clashing(result, dropped, suppressed):
        dropped |= further
        book, suppressed = _protected(result, people, dropped, minimum)
    small = book.small(minimum)
    findings = {number for number, cells in book.of_finding.items() if cells & suppressed}
    findings |= {n for n, finding in enumerate(result.findings) if finding.unit in people}
    measured = {number for number, cells in book.of_measurement.items() if cells & suppressed}
    measured |= {
        number
        for number, measurement in enumerate(result.measurements)
        if number not in book.of_measurement or measurement.unit in people
    }
    few = sum(bool(book.of_finding.get(number, set()) & small) for number in findings)
    few += sum(bool(book.of_measurement.get(number, set()) & small) for number in measured)
    return KeptBack(
        findings=frozenset(findings),
        measurements=frozenset(measured),
        units=_gone(result, findings, measured, people),
        people=len(people),
        small=few,
        breakdowns=frozenset(dropped),
    )


def _protected(
    result: AuditResult, people: Collection[str], dropped: Collection[str], minimum: int
) -> tuple[Ledger, frozenset[Cell]]:
    book = ledger(result, dropped)
    counts = book.all_counts
    suppressed: frozenset[Cell] = frozenset()
    forced = book.small(minimum)
    forced |= {cell for cell, count in counts.items() if cell.position.unit in people and count}
    while not forced <= suppressed:
        suppressed = protect(
            counts,
            forced | suppressed,
            book.sums,
            minimum=minimum,
            shares=tuple(book.shares.values()),
            unpublished={*book.rests, *book.totals},
            numerators=book.held,
        )
        # What several shares tell is hidden only where none of them is shown.
        forced = {
            cell
            for cell, tellers in book.common.items()
            if counts[cell] and all(book.of_measurement[number] & suppressed for number in tellers)
        }
    if still := derivable(counts, suppressed, book.sums):
        at = min(still, key=str).position
        msg = f"a number of {at.unit} at {at.touchpoint} cannot be hidden from subtraction"
        raise ValueError(msg)
    return book, suppressed


def _people(units: UnitTree) -> frozenset[str]:
    """Return the units that are single people, and all below them."""
    people: set[str] = set()
    for unit in units:
        if unit.id != units.root.id and (is_person(unit) or unit.parent in people):
            people.add(unit.id)
    return frozenset(people)


def _gone(
    result: AuditResult,
    findings: AbstractSet[int],
    measured: AbstractSet[int],
    people: Collection[str],
) -> frozenset[str]:
    """Return the people, and the units of which something is hidden and no number is shown."""
    published, touched = set[str](), set[str]()
    for number, finding in enumerate(result.findings):
        if number in findings:
            touched.add(finding.unit)
        elif finding.n:
            published.add(finding.unit)
    for number, measurement in enumerate(result.measurements):
        if number in measured:
            touched.add(measurement.unit)
        elif measurement.n:
            published.add(measurement.unit)
    stay = {result.units.root.id}
    for unit in result.units:
        if unit.id not in people and (unit.id in published or unit.id not in touched):
            stay.update(result.units.path(unit.id))
    return frozenset(unit.id for unit in result.units if unit.id not in stay)


def _clashing(
    result: AuditResult, dropped: Collection[str], suppressed: AbstractSet[Cell]
) -> set[str]:
    """Return breakdowns that share a column with one before them, where a group is hidden."""
    tables = {metric.id: metric.table for metric in result.metrics}
    spoiled = {cell.position.breakdown for cell in suppressed}
    left = [breakdown for breakdown in result.breakdowns if breakdown.id not in dropped]
    clash: set[str] = set()
    for number, later in enumerate(left):
        for earlier in left[:number]:
            if (
                earlier.id not in clash
                and {later.id, earlier.id} & spoiled
                and _tables(later, tables) & _tables(earlier, tables)
                and later.by.split() != earlier.by.split()
                and _columns(later.by) & _columns(earlier.by)
            ):
                clash.add(later.id)
    return clash


def _tables(breakdown: Breakdown, tables: dict[str, str]) -> set[str]:
    return {tables[metric] for metric in breakdown.metrics if metric in tables}


def _columns(by: str) -> set[str]:
    return {word.lower() for word in _WORDS.findall(by) if word} - _NO_COLUMNS
