"""The check `example.quiet-hours`."""

from __future__ import annotations

from cxaudit.plugin import CheckRequest, State, Verdict


def judge(request: CheckRequest) -> Verdict:
    """Judge that a share stays at or under ``at_most``.

    A check is pure: it sees measurements and settings, never rows.
    """
    found = request.measurements["metric"]
    target = request.settings["at_most"]
    if found.unavailable:
        return Verdict(state=State.UNAVAILABLE, reason=found.unavailable)
    if found.value is None or found.n < request.settings.get("min_n", 1):
        return Verdict(
            state=State.INSUFFICIENT, value=found.value, n=found.n, reason=f"{found.n} contacts"
        )
    if target is None:
        reason = "nobody said how many contacts may fall into quiet hours"
        return Verdict(state=State.NO_TARGET, value=found.value, n=found.n, reason=reason)
    # The better end of the score belongs to the lower end of the share.
    high = _score(found.low, target)
    low = _score(found.high, target)
    met = found.value <= target
    return Verdict(
        state=State.MET if met else State.NOT_MET,
        score=1.0 if met else 0.0,
        low=low,
        high=high,
        value=found.value,
        value_low=found.low,
        value_high=found.high,
        n=found.n,
        tentative=low is not None and low != high,
    )


def _score(share: float | None, target: float) -> float | None:
    return None if share is None else float(share <= target)
