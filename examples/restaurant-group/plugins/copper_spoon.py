"""Copper Spoon's own check: a promise is kept only when it is kept at the worst hours too."""

from __future__ import annotations

from collections.abc import Iterator

from cxaudit.plugin import Check, CheckRequest, Curve, State, Verdict, hook

__version__ = "1.0.0"

WINDOWS = ("lunch", "dinner", "weekend")


def worst_of(request: CheckRequest) -> Verdict:
    """Judge the worst of three metrics, each higher is better, against one target."""
    target, limit = request.settings["target"], request.settings["limit"]
    measurements = [request.measurements[window] for window in WINDOWS]
    for measured in measurements:
        if measured.unavailable:
            return Verdict(state=State.UNAVAILABLE, reason=measured.unavailable)
    values = {m.metric: m.value for m in measurements if m.value is not None}
    if len(values) < len(measurements):
        return Verdict(state=State.INSUFFICIENT, reason="not every window has calls")
    worst = min(measurements, key=lambda measured: values[measured.metric])
    if target is None:
        reason = "nobody has stated the target yet"
        return Verdict(state=State.NO_TARGET, value=worst.value, n=worst.n, reason=reason)
    curve = Curve(kind="linear", lower_is_better=False, target=target, limit=limit)
    ends = [None if end is None else curve.score(end) for end in (worst.low, worst.high)]
    return Verdict(
        state=State.MEASURED,
        score=curve.score(values[worst.metric]),
        low=ends[0],
        high=ends[1],
        value=worst.value,
        value_low=worst.low,
        value_high=worst.high,
        n=worst.n,
        reason=f"the worst of three: {worst.metric}",
    )


@hook
def cxaudit_register() -> Iterator[Check]:
    """Register the check."""
    number = {"type": "number"}
    metric = {"type": "string"}
    yield Check(
        id="copper-spoon.worst-of",
        judge=worst_of,
        settings={
            "type": "object",
            "required": [*WINDOWS, "target", "limit"],
            "additionalProperties": False,
            "properties": {
                **dict.fromkeys(WINDOWS, metric),
                "target": number,
                "limit": number,
            },
        },
        metrics=WINDOWS,
        summary="A promise is kept at lunch, at dinner and at weekends.",
    )
