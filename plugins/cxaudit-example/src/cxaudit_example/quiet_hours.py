"""The check `example.quiet-hours`."""

from __future__ import annotations

from cxaudit.plugin import CheckRequest, State, Verdict


def judge_quiet_hours(request: CheckRequest) -> Verdict:
    """Judge that a share stays at or under ``at_most``.

    A check is pure: it sees measurements and settings, never rows.
    """
    share = request.measurements["metric"]
    target = request.settings["at_most"]
    if share.unavailable:
        return Verdict(state=State.UNAVAILABLE, reason=share.unavailable)
    if share.value is None or share.n < request.settings.get("min_n", 1):
        reason = f"{share.n} contacts"
        return Verdict(state=State.INSUFFICIENT, value=share.value, n=share.n, reason=reason)
    if target is None:
        reason = "nobody said how many contacts may fall into quiet hours"
        return Verdict(state=State.NO_TARGET, value=share.value, n=share.n, reason=reason)
    # The better end of the score belongs to the lower end of the share.
    low, high = _met(share.high, target), _met(share.low, target)
    met = share.value <= target
    return Verdict(
        state=State.MET if met else State.NOT_MET,
        score=1.0 if met else 0.0,
        low=low,
        high=high,
        value=share.value,
        value_low=share.low,
        value_high=share.high,
        n=share.n,
        tentative=low is not None and low != high,
    )


def _met(share: float | None, target: float) -> float | None:
    return None if share is None else float(share <= target)
