"""Results made from counts of rows, and how they are scored."""

from __future__ import annotations

import itertools

import attrs

from cxaudit import Session
from cxaudit.plugin import (
    AuditResult,
    Breakdown,
    Checklist,
    CheckUse,
    Finding,
    Findings,
    Flag,
    Gate,
    GateOutcome,
    Item,
    Measurement,
    Metric,
    Provenance,
    Scorecard,
    State,
    Text,
    Unit,
    UnitTree,
)

SESSION = Session()
POLICY = "cxaudit.cxaudit-1"
METRICS = (
    Metric(id="t.offered", table="calls", kind="count"),
    Metric(id="t.answered", table="calls", kind="count", where="answered"),
    Metric(id="t.abandoned", table="calls", kind="count", where="not answered"),
    Metric(id="t.answer-rate", table="calls", kind="share", value="answered"),
    Metric(id="t.quick", table="calls", kind="share", where="answered", value="quick"),
    Metric(id="t.quick-of-all", table="calls", kind="share", value="quick and answered"),
    Metric(id="t.wait", table="calls", kind="mean", where="answered", value="wait_s"),
)
ITEMS = tuple(
    Item(
        id=metric.id.replace("t.", "phone."),
        area="process",
        touchpoints=("phone",),
        per="site",
        title=Text.of(metric.id),
        check=CheckUse(check="cxaudit.within-target", settings={"metric": metric.id}),
    )
    for metric in METRICS
    if metric.kind.value == "share"
)
ATOMS = tuple(itertools.product(("answered", "lost"), ("quick", "slow")))
"""Into what the rows of a leaf and group fall."""


def counted_and_true(metric, atom):
    """Return whether a row of an atom counts, and whether the metric's value holds there."""
    answered, quick = atom[0] == "answered", atom[1] == "quick"
    counts = {"answered": answered, "not answered": not answered, None: True}[metric.where]
    return counts, counts and {"answered": answered, "quick": quick}.get(
        metric.value, quick and answered
    )


def tree(*sizes):
    """Return regions with sites: one region for each number, of so many sites."""
    units = [Unit(id="all", name="All", kind="organisation")]
    for region, size in enumerate(sizes):
        units.append(Unit(id=f"all.r{region}", name=f"R{region}", kind="region", parent="all"))
        units += [
            Unit(id=f"all.r{region}.s{n}", name=f"S{n}", kind="site", parent=f"all.r{region}")
            for n in range(size)
        ]
    return UnitTree(tuple(units))


def under(unit, row):
    """Tell whether a row's unit is a unit or lies in it."""
    return f"{row}.".startswith(f"{unit}.")


def measured(metric, unit, rows, group=None, breakdown=None):
    """Return a metric over rows: ``{(unit, group, atom): count}``."""
    n = k = 0
    for (at, row_group, atom), count in rows.items():
        if under(unit, at) and (breakdown is None or row_group == group):
            counted, held = counted_and_true(metric, atom)
            n += count * counted
            k += count * held
    share = metric.kind.value == "share"
    return Measurement(
        metric=metric.id,
        kind=metric.kind,
        unit=unit,
        touchpoint="organisation" if breakdown else "phone",
        breakdown=breakdown,
        group=group,
        n=n,
        value=(k / n if share and n else 20.0 if n else None),
        statistics={"n": n, "k": k} if share else {"n": n},
    )


def result_of(units, rows, *, breakdowns=None, **more):
    """Return a scored result of rows, measured at all units and by all breakdowns."""
    breakdowns = {"queue": "queue"} if breakdowns is None else breakdowns
    measurements = [measured(metric, unit.id, rows) for metric in METRICS for unit in units]
    groups = sorted({group for _, group, _ in rows})
    measurements += [
        measured(metric, units.root.id, rows, group, by)
        for by in breakdowns
        for metric in METRICS
        for group in groups
    ]
    by_unit = {(m.metric, m.unit): m for m in measurements if m.breakdown is None}
    findings = []
    for item, unit in itertools.product(ITEMS, units):
        measurement = by_unit[item.check.settings["metric"], unit.id]
        score = measurement.value
        findings.append(
            Finding(
                item=item.id,
                touchpoint="phone",
                unit=unit.id,
                state=State.UNAVAILABLE if score is None else State.MEASURED,
                score=score,
                value=score,
                n=measurement.n,
                weight=1.0,
                flags=Flag.NONE,
            )
        )
    values = {
        "audit": "pier.audit",
        "title": "Pier",
        "client": "Pier",
        "checklist": Checklist(
            id="pier", version="1", title=Text.of("Pier"), items=ITEMS, policy=POLICY
        ),
        "units": units,
        "metrics": METRICS,
        "measurements": tuple(measurements),
        "breakdowns": tuple(
            Breakdown(id=name, metrics=tuple(m.id for m in METRICS), by=by)
            for name, by in breakdowns.items()
        ),
        "findings": Findings.of(findings),
        "scorecard": Scorecard(policy="", bands=(), units=()),
        "gate": GateOutcome(gate=Gate(), passed=True),
        "provenance": Provenance(
            cxaudit="0",
            python="3",
            started="2026-07-01T08:00:00+00:00",
            finished="2026-07-01T08:00:04+00:00",
        ),
    }
    return scored(AuditResult(**{**values, **more}))


def scored(result):
    return SESSION.rescore(attrs.evolve(result), POLICY)
