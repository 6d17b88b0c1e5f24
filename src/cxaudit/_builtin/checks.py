"""The checks of core: within a target, two metrics compared, evidence present."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import attrs

from cxaudit._model.curves import Curve, curve_of, target_missing
from cxaudit._model.directions import Direction
from cxaudit._model.findings import State, Verdict
from cxaudit._model.metrics import Measurement, MetricKind
from cxaudit._model.protocols import CheckRequest
from cxaudit._model.said import Said, joined
from cxaudit._model.specs import Check

__all__ = ["CHECKS", "compare", "evidence_present", "within_target"]

_NUMBER = {"type": "number"}
_CURVE: Mapping[str, Any] = {
    "target": _NUMBER,
    "limit": _NUMBER,
    "kind": {"enum": ["threshold", "linear", "log-normal", "bands"]},
    "better": {"enum": ["lower", "higher"]},
    "min_n": {"type": "integer", "minimum": 1},
    "bands": {
        "type": "array",
        "minItems": 1,
        "items": {
            "type": "object",
            "required": ["score"],
            "additionalProperties": False,
            "properties": {
                "limit": _NUMBER,
                "score": {"type": "number", "minimum": 0, "maximum": 1},
                "label": {"type": "string"},
            },
        },
    },
}
_EXACT = {MetricKind.COUNT, MetricKind.COUNT_DISTINCT, MetricKind.MINIMUM, MetricKind.MAXIMUM}


def within_target(request: CheckRequest) -> Verdict:
    """Judge one metric by its distance from a target.

    The score's interval is the curve at both ends of the value's interval. A quantile against
    a threshold is judged by Wilson's interval on the share of rows at or under the target.
    Counts, minima and maxima describe what was seen and carry no sampling interval.
    """
    measurement = request.measurements["metric"]
    if "beyond" in measurement.statistics and not measurement.unavailable:
        return _never_reached(measurement, request)
    if unknown := _unknown(measurement, request.settings):
        return unknown
    assert measurement.value is not None
    curve = curve_of(request.settings, default=request.lower_is_better.get("metric"))
    low, high = measurement.low, measurement.high
    if measurement.kind in _EXACT:
        low = high = measurement.value
    ends = _share_ends(measurement, curve) if measurement.kind is MetricKind.QUANTILE else None
    verdict = _verdict(curve, measurement.value, (low, high), ends=ends, n=measurement.n)
    return attrs.evolve(verdict, direction=_direction(measurement.direction, curve))


def compare(request: CheckRequest) -> Verdict:
    """Judge how far one metric lies from another, as a difference or a ratio.

    The interval is MOVER's, for a difference (Zou and Donner 2008) and for a ratio (Donner and
    Zou 2012), with the correlation of the two measurements over the clusters that they share.
    """
    measurement, against = request.measurements["metric"], request.measurements["against"]
    for measured in (measurement, against):
        if unknown := _unknown(measured, request.settings):
            return unknown
    as_ratio = request.settings.get("by", "difference") == "ratio"
    x, y = _triple(measurement), _triple(against)
    if as_ratio and y[0] == 0:
        return Verdict(
            state=State.INSUFFICIENT,
            n=against.n,
            reason=Said("zero-denominator", metric=against.metric),
        )
    together = measurement.direction.correlation(against.direction) if measurement.direction else 0
    value, low, high = _ratio(x, y, together) if as_ratio else _difference(x, y, together)
    curve = curve_of(request.settings, default=request.lower_is_better.get("metric"))
    verdict = _verdict(curve, value, (low, high), n=min(measurement.n, against.n))
    direction = _direction_of_both(measurement, against, as_ratio=as_ratio)
    return attrs.evolve(verdict, direction=_direction(direction, curve))


def evidence_present(request: CheckRequest) -> Verdict:
    """Judge whether there are at least so many rows, hits or documents."""
    measurement = request.measurements["metric"]
    if measurement.unavailable:
        return Verdict(state=State.UNAVAILABLE, reason=measurement.unavailable)
    least = request.settings.get("at_least", 1)
    if least is None:
        return Verdict(
            state=State.NO_TARGET, value=measurement.value, n=measurement.n, reason=_NO_TARGET
        )
    present = (measurement.value or 0) >= least
    score = 1.0 if present else 0.0
    return Verdict(
        state=State.MET if present else State.NOT_MET,
        score=score,
        low=score,
        high=score,
        value=measurement.value or 0,
        value_low=measurement.value or 0,
        value_high=measurement.value or 0,
        n=measurement.n,
        proven=not present,
    )


_NO_TARGET = Said("target-open")


def _unknown(measurement: Measurement, settings: Mapping[str, Any]) -> Verdict | None:
    """Return the verdict of a measurement that cannot be judged, or None."""
    if measurement.unavailable:
        return Verdict(state=State.UNAVAILABLE, reason=measurement.unavailable)
    if measurement.value is None:
        code = "no-value" if measurement.n else "no-row"
        return Verdict(state=State.INSUFFICIENT, n=measurement.n, reason=Said(code))
    if not math.isfinite(measurement.value):
        return Verdict(state=State.ERROR, n=measurement.n, reason=Said("not-finite"))
    numbers: dict[str, Any] = {
        "value": measurement.value,
        "value_low": measurement.low,
        "value_high": measurement.high,
        "n": measurement.n,
    }
    if target_missing(settings):
        return Verdict(state=State.NO_TARGET, reason=_NO_TARGET, **numbers)
    least = settings.get("min_n") or 1
    if measurement.n < least:
        return Verdict(
            state=State.INSUFFICIENT,
            reason=Said("too-few-rows", n=measurement.n, least=least),
            **numbers,
        )
    return None


def _never_reached(measurement: Measurement, request: CheckRequest) -> Verdict:
    """Judge a quantile of waiting times that was not reached when the records ended.

    It is longer than the longest wait observed. Where even that scores nothing, the score is 0;
    else nobody can tell yet.
    """
    level, longest = measurement.statistics["level"], measurement.statistics["beyond"]
    values = {"longest": float(f"{longest:.4g}"), "share": 100 * level}
    reason = Said("quantile-without-unit-not-reached", **values)
    if measurement.measured_in:
        reason = Said("quantile-not-reached", measure=measurement.measured_in, **values)
    settings = request.settings
    if target_missing(settings):
        return Verdict(state=State.NO_TARGET, n=measurement.n, reason=joined([_NO_TARGET, reason]))
    least = settings.get("min_n") or 1
    if measurement.n < least:
        few = Said("too-few-rows", n=measurement.n, least=least)
        return Verdict(state=State.INSUFFICIENT, n=measurement.n, reason=few)
    curve = curve_of(settings, default=request.lower_is_better.get("metric"))
    if not curve.lower_is_better or curve.score(longest) > 0:
        return Verdict(state=State.INSUFFICIENT, n=measurement.n, reason=reason)
    return Verdict(
        state=State.NOT_MET if curve.kind == "threshold" else State.MEASURED,
        score=0.0,
        low=0.0,
        high=curve.score(measurement.statistics.get("low", longest)),
        n=measurement.n,
        reason=reason,
    )


def _verdict(
    curve: Curve,
    value: float,
    interval: tuple[float | None, float | None],
    *,
    n: int,
    ends: tuple[float, float] | None = None,
) -> Verdict:
    score = curve.score(value)
    low, high = interval
    if ends is None and low is not None and high is not None:
        ends = (curve.score(low), curve.score(high))
    straddles = ends is not None and curve.kind == "threshold" and min(ends) != max(ends)
    if curve.kind != "threshold" and curve.target is not None and None not in {low, high}:
        assert low is not None
        assert high is not None
        straddles = low < curve.target < high
    state = State.MEASURED
    if curve.kind == "threshold":
        state = State.MET if score == 1 else State.NOT_MET
    return Verdict(
        state=state,
        score=score,
        low=min(ends) if ends else None,
        high=max(ends) if ends else None,
        value=value,
        value_low=low,
        value_high=high,
        n=n,
        tentative=straddles,
        proven=score == 0 and n > 0,
    )


def _share_ends(measurement: Measurement, curve: Curve) -> tuple[float, float] | None:
    """Return the score's ends for a quantile against a threshold, from the share within it."""
    name = f"le:{float(curve.target or 0)!r}"
    level = measurement.statistics.get("level")
    if curve.kind != "threshold" or f"{name}:low" not in measurement.statistics or level is None:
        return None
    low, high = (measurement.statistics[f"{name}:{end}"] for end in ("low", "high"))
    ends = (1.0 if low >= level else 0.0, 1.0 if high >= level else 0.0)
    return ends if curve.lower_is_better else (1 - ends[1], 1 - ends[0])


def _direction_of_both(
    measurement: Measurement, against: Measurement, *, as_ratio: bool
) -> Direction | None:
    """Return how a difference or ratio varies with the clusters that both rest on."""
    parts = []
    for measured in (measurement, against):
        low, high = measured.low, measured.high
        if measured.direction is None or low is None or high is None or not measured.value:
            return None
        parts.append((measured.direction, (high - low) / (measured.value if as_ratio else 1.0)))
    (first, width), (second, other) = parts
    return first.less(second, width, other)


def _direction(direction: Direction | None, curve: Curve) -> Direction | None:
    """Return the direction of a score from that of its value."""
    return direction.turned() if direction is not None and curve.lower_is_better else direction


def _triple(measurement: Measurement) -> tuple[float, float | None, float | None]:
    assert measurement.value is not None
    if measurement.kind in _EXACT:
        return measurement.value, measurement.value, measurement.value
    return measurement.value, measurement.low, measurement.high


_Triple = tuple[float, float | None, float | None]


def _difference(x: _Triple, y: _Triple, together: float) -> _Triple:
    value = x[0] - y[0]
    if x[1] is None or x[2] is None or y[1] is None or y[2] is None:
        return value, None, None
    return (
        value,
        value - _apart(x[0] - x[1], y[2] - y[0], together),
        value + _apart(x[2] - x[0], y[0] - y[1], together),
    )


def _apart(x: float, y: float, together: float) -> float:
    return math.sqrt(max(0.0, x * x + y * y - 2 * together * x * y))


def _ratio(x: _Triple, y: _Triple, together: float) -> _Triple:
    value = x[0] / y[0]
    if x[1] is None or x[2] is None or y[1] is None or y[2] is None or y[1] <= 0:
        return value, None, None

    def end(sign: int, x_end: float, y_end: float) -> float:
        # One end is made of the lower end of x and the upper one of y, the other the other way
        # round; the product of their distances from the values is what they vary together.
        product = x[0] * y[0] - together * abs(x[0] - x_end) * abs(y[0] - y_end)
        divisor = y_end * (2 * y[0] - y_end)
        root = max(0.0, product**2 - x_end * (2 * x[0] - x_end) * divisor)
        return (product + sign * math.sqrt(root)) / divisor

    if y[2] >= 2 * y[0]:
        return value, None, None
    return value, end(-1, x[1], y[2]), end(1, x[2], y[1])


def _settings(required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required,
        "additionalProperties": False,
        "properties": properties,
    }


_TEXT = {"type": "string"}

CHECKS = (
    Check(
        id="cxaudit.within-target",
        judge="cxaudit._builtin.checks:within_target",
        settings=_settings(["metric"], metric=_TEXT, **_CURVE),
        summary="A metric lies within a target, scored by a curve.",
    ),
    Check(
        id="cxaudit.compare",
        judge="cxaudit._builtin.checks:compare",
        settings=_settings(
            ["metric", "against"],
            metric=_TEXT,
            against=_TEXT,
            by={"enum": ["difference", "ratio"]},
            **_CURVE,
        ),
        metrics=("metric", "against"),
        summary="Two metrics differ by no more (or by at least) so much.",
    ),
    Check(
        id="cxaudit.evidence-present",
        judge="cxaudit._builtin.checks:evidence_present",
        settings=_settings(["metric"], metric=_TEXT, at_least={"type": "number", "minimum": 0}),
        summary="There is at least so much evidence of a kind.",
    ),
)
