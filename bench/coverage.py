"""Whether intervals keep their word: how often they hold the truth, and how wide they are.

Audits are drawn from a known truth and judged by the program's own functions; each draw is a unit
of one large audit. "needed" is the width of an interval that would hold the truth 95 times in 100
if the scores' own spread over the draws were known. Noise of a coverage is about one point.

Run: ``python bench/coverage.py [days] [halves] [runs]``.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from cxaudit import Session
from cxaudit._audit.measuring.estimates import Estimates, estimates
from cxaudit._audit.scoring.cxaudit_1 import score
from cxaudit._builtin.checks import within_target
from cxaudit._model.directions import Direction
from cxaudit.plugin import (
    AREAS,
    Checklist,
    CheckRequest,
    Finding,
    Findings,
    Item,
    Measurement,
    MetricKind,
    Score,
    ScoringInput,
    Text,
    Unit,
    UnitTree,
)

Floats = NDArray[np.float64]
CUTS = np.array([-0.6, -0.3, 0, 0.3, 0.6, 0.9, 1.2, 1.5])
TRUE = stats.norm.cdf(CUTS)
"""Eight shares of the same calls: a call counts for one if its wait lies under the cut."""
REACH, MARGIN = 0.12, 0.25
"""How far the target lies above the true share, and the limit below it."""


def main() -> None:
    parts = {"days": days, "halves": halves, "runs": runs}
    for name in sys.argv[1:] or parts:
        parts[name]()


def days() -> None:
    print("Eight shares of the same calls (coverage, width, width needed)")
    cases = {
        "20 days of 100 calls, days alike": (20, 0.0, True),
        "the same, days differ (.066)": (20, 0.066, True),
        "the same, 90 days": (90, 0.066, True),
        "the same, 20 uneven days": (20, 0.066, False),
        "the same, 5 days": (5, 0.066, True),
        "the same, 12 days": (12, 0.066, True),
    }
    for label, (count, alike, even) in cases.items():
        print(f"  {label}: {summary(*shares_of_days(count, 100, alike, even=even))}")


def shares_of_days(
    days: int, calls: int, alike: float, *, even: bool = True, draws: int = 1200, seed: int = 5
) -> tuple[list[Score], float]:
    """Return the scores of draws of an audit of eight shares, and the true score."""
    kept, sizes = calls_of_days(days, calls, alike, even=even, draws=draws, seed=seed)
    findings = [
        finding
        for number, of_share in enumerate(np.moveaxis(kept, -1, 0))
        for finding in measured(number, sizes, of_share)
    ]
    curve = (TRUE - (TRUE - MARGIN)) / (TRUE + REACH - (TRUE - MARGIN))
    truth = np.mean([curve[:4].mean(), curve[4:].mean()])
    return scores(findings, draws, [AREAS[n // 4] for n in range(8)]), float(truth)


def calls_of_days(
    days: int, calls: int, alike: float, *, even: bool, draws: int, seed: int
) -> tuple[Floats, Floats]:
    """Return the calls that count for each share by draw, day and share; and all calls."""
    draw = np.random.default_rng(seed)
    sizes = np.full((draws, days), calls)
    if not even:
        sizes = np.maximum(5, draw.poisson(calls * draw.gamma(4, 0.25, (draws, days))))
    level = draw.standard_normal((draws, days)) * np.sqrt(alike)
    kept = np.zeros((draws, days, len(CUTS)))
    for call in range(sizes.max()):
        there = sizes > call
        wait = level + draw.standard_normal((draws, days)) * np.sqrt(1 - alike)
        kept += (wait[..., None] < CUTS) & there[..., None]
    return kept, sizes.astype(float)


def measured(number: int, sizes: Floats, kept: Floats) -> Iterator[Finding]:
    """Yield the findings of one share at all draws, as the check of core judges it."""
    totals = {"n": sizes.sum(-1), "k": kept.sum(-1)}
    known = estimates(MetricKind.SHARE, totals, {"n": sizes, "k": kept}, rows=False)
    target, limit = float(TRUE[number] + REACH), float(TRUE[number] - MARGIN)
    item = Item(id=f"i{number}", area=AREAS[0], touchpoints=("phone",), title=Text.of("x"))
    for draw in range(len(sizes)):
        measurement = measurement_of(known, draw, int(totals["n"][draw]))
        request = CheckRequest(
            item=item,
            settings={"metric": "m", "target": target, "limit": limit, "better": "higher"},
            measurements={"metric": measurement},
            lower_is_better={"metric": False},
            unit=Unit(id=f"u{draw}", name="u", kind="site"),
            touchpoint="phone",
        )
        verdict = within_target(request)
        yield Finding(
            item=item.id,
            touchpoint="phone",
            unit=f"u{draw}",
            state=verdict.state,
            score=verdict.score,
            low=verdict.low,
            high=verdict.high,
            weight=1.0,
            direction=verdict.direction,
        )


def measurement_of(known: Estimates, draw: int, n: int) -> Measurement:
    weights = known.directions[draw].astype(np.float16)
    counts = np.flatnonzero(weights)
    return Measurement(
        metric="m",
        kind=MetricKind.SHARE,
        unit="u",
        touchpoint="phone",
        n=n,
        value=float(known.value[draw]),
        low=float(known.low[draw]),
        high=float(known.high[draw]),
        direction=Direction(
            evidence="calls by day", clusters=counts.astype(np.int32), weights=weights[counts]
        )
        if len(counts)
        else None,
    )


def scores(findings: Sequence[Finding], draws: int, areas: Sequence[str]) -> list[Score]:
    """Return the overall score of each draw."""
    names = [f"u{draw}" for draw in range(draws)]
    root = Unit(id="root", name="root", kind="organisation")
    units = (root, *(Unit(id=name, name=name, kind="site", parent="root") for name in names))
    items = tuple(
        Item(id=f"i{number}", area=area, touchpoints=("phone",), title=Text.of("x"))
        for number, area in enumerate(areas)
    )
    card = score(
        ScoringInput(
            checklist=Checklist(id="c", version="1", title=Text.of("c"), items=items),
            units=UnitTree(units),
            findings=Findings.of(findings),
        )
    )
    by_unit = {scored.unit: scored.overall for scored in card.units}
    return [by_unit[name] for name in names]


def summary(scored: Sequence[Score], truth: float) -> str:
    hits, width, needed = held(scored, truth)
    return f"{100 * hits:.1f} %, {100 * width:.1f}, {100 * needed:.1f}"


def held(scored: Sequence[Score], truth: float) -> tuple[float, float, float]:
    """Return how often intervals hold the truth, how wide they are, and how wide they need be."""
    values, low, high = (
        np.array([getattr(one, name) for one in scored], float) for name in ("value", "low", "high")
    )
    hits = float(((low <= truth) & (truth <= high)).mean())
    return hits, float((high - low).mean()), float(2 * 1.96 * values.std())


def halves() -> None:
    print("Two halves of one month of 29 days by shuffle: how often a share differs")
    draw = np.random.default_rng(7)
    sizes = draw.poisson(1000 * draw.gamma(6, 1 / 6, 29)).astype(float) + 100
    for label, spread in (("days alike", 0.0), ("days differ", 0.55)):
        shares = stats.norm.cdf(-1.2 + spread * draw.standard_normal(29))
        kept = draw.binomial(sizes.astype(int), shares).astype(float)
        order = np.argsort(draw.random((2000, 29)), axis=1)
        first, second = order[:, ::2], order[:, 1::2]
        of_halves = [of_share(sizes[half], kept[half]) for half in (first, second)]
        whole = of_share(sizes[None], kept[None])
        effect = f"design effect {whole.effect[0]:.1f}"
        print(f"  {label} ({effect}): {100 * differing(*of_halves):.1f} %")


def of_share(sizes: Floats, kept: Floats) -> Estimates:
    totals = {"n": sizes.sum(-1), "k": kept.sum(-1)}
    return estimates(MetricKind.SHARE, totals, {"n": sizes, "k": kept}, rows=False)


def differing(one: Estimates, other: Estimates) -> float:
    """Return how often the difference of two shares of other days is not 0 (MOVER)."""
    gap = one.value - other.value
    low = gap - np.hypot(one.value - one.low, other.high - other.value)
    high = gap + np.hypot(one.high - one.value, other.value - other.low)
    return float(((low > 0) | (high < 0)).mean())


SIGMA_OF_DAYS, SIGMA = 0.25, 0.8
"""Of the logarithm of a wait: from day to day, and from call to call."""
METRICS = {
    "share": ("share", 'value = "talk_s <= 20"'),
    "mean": ("mean", 'value = "talk_s"'),
    "p50": ("quantile", 'quantile = 0.5\nvalue = "talk_s"'),
    "p90": ("quantile", 'quantile = 0.9\nvalue = "talk_s"'),
    "until": (
        "censored_quantile",
        'quantile = 0.5\nvalue = "wait_s"\nevent = "outcome = \'answered\'"',
    ),
}


def runs(draws: int = 400, days: int = 20, calls: int = 60) -> None:
    """Tell the coverage of measurements of whole runs, each unit one draw."""
    spread = float(np.hypot(SIGMA_OF_DAYS, SIGMA))
    truth = {
        "share": float(stats.norm.cdf((np.log(20) - 3) / spread)),
        "mean": float(np.exp(3 + spread**2 / 2)),
        "p50": float(np.exp(3)),
        "p90": float(np.exp(3 + stats.norm.ppf(0.9) * spread)),
        "until": float(np.exp(3)),
    }
    print(f"Measurements of whole runs, {days} days of {calls} calls (by days; as if by rows)")
    with tempfile.TemporaryDirectory() as folder:
        for cluster in ("day", "row"):
            audit = write_audit(Path(folder), draws, days, calls, cluster)
            session = Session()
            result = session.run(session.load(audit))
            held_by = dict.fromkeys(METRICS, 0)
            for measurement in result.measurements:
                name = measurement.metric.rpartition(".")[2]
                if measurement.unit != "root" and measurement.low is not None:
                    high = np.inf if measurement.high is None else measurement.high
                    held_by[name] += measurement.low <= truth[name] <= high
            shares = ", ".join(f"{name} {100 * n / draws:.0f} %" for name, n in held_by.items())
            print(f"  clusters {cluster}: {shares}")


def write_audit(folder: Path, draws: int, days: int, calls: int, cluster: str) -> Path:
    """Write an audit of invented calls, in which each unit is a draw, and return its file."""
    draw = np.random.default_rng(11)
    lines = ["call_id,unit,queued_at,outcome,wait_s"]
    for unit in range(draws):
        of_day = SIGMA_OF_DAYS * draw.standard_normal(days)
        noise = SIGMA * draw.standard_normal((days, calls))
        waits = np.exp(3 + of_day[:, None] + noise)
        given_up = np.exp(4 + draw.standard_normal((days, calls)))
        for (day, call), wait in np.ndenumerate(waits):
            lost = given_up[day, call] < wait
            seen = given_up[day, call] if lost else wait
            minute = f"{10 + call // 60:02}:{call % 60:02}"
            outcome = "abandoned" if lost else "answered"
            number = (unit * days + day) * calls + call
            day_name = f"2026-05-{day + 1:02}"
            lines.append(f"{number},u{unit},{day_name}T{minute}:00,{outcome},{seen:.6f},{wait:.6f}")
    lines[0] += ",full_s"
    (folder / "calls.csv").write_text("\n".join(lines))
    checklist = ["cxaudit = 1", "[checklist]", 'id = "c"', 'version = "1"', 'title = "c"']
    for name, (kind, fields) in METRICS.items():
        checklist += [
            "[[metric]]",
            f'id = "c.{name}"',
            'table = "calls"',
            f'kind = "{kind}"',
            fields,
        ]
        checklist += [f'cluster = "{cluster}"', "[[item]]", f'id = "i.{name}"', f'title = "{name}"']
        checklist += ['area = "process"', 'touchpoints = ["phone"]', 'check = "within-target"']
        checklist += [
            'per = "site"',
            f'with = {{ metric = "c.{name}", target = 1, better = "lower" }}',
        ]
    (folder / "c.toml").write_text("\n".join(checklist))
    audit = ["cxaudit = 1", "[audit]", 'id = "a"', 'title = "a"', 'client = "nobody"']
    audit += ['checklists = ["c.toml"]', "[[unit]]", 'id = "root"', 'kind = "organisation"']
    for unit in range(draws):
        audit += ["[[unit]]", f'id = "u{unit}"', 'kind = "site"', 'parent = "root"']
    audit += ["[sources.calls]", 'reader = "csv"', 'table = "calls"', 'path = "calls.csv"']
    audit += ['zone = "UTC"', "[sources.calls.columns]", 'call_id = "call_id"', 'unit = "unit"']
    audit += ['queued_at = "time(queued_at)"', 'outcome = "outcome"']
    audit += ['wait_s = "number(wait_s)"', 'talk_s = "number(full_s)"']
    (folder / "audit.toml").write_text("\n".join(audit))
    return folder / "audit.toml"


if __name__ == "__main__":
    main()
