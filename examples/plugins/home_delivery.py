"""Home delivery as a touchpoint: a table of drops, two metrics, a check of the window."""

from __future__ import annotations

from collections.abc import Iterable

from cxaudit.columns import number, text, time
from cxaudit.plugin import (
    Check,
    CheckRequest,
    Metric,
    State,
    Table,
    Touchpoint,
    Verdict,
    hook,
)

DROPS = Table(
    id="home_drops",
    meaning="One drop at a customer's door.",
    touchpoint="home-delivery",
    key=("drop_id",),
    time=("arrived_at",),
    columns=(
        text("drop_id", "Its number."),
        time("promised_from", "When the promised window begins."),
        time("promised_to", "When it ends."),
        time("arrived_at", "When the van was at the door; null when it never came."),
        number("stairs", "Floors that the driver climbed."),
    ),
)

IN_WINDOW = Metric(
    id="delivery.drops.in-window",
    table="home_drops",
    kind="share",
    where="promised_to IS NOT NULL",
    value="arrived_at BETWEEN promised_from AND promised_to",
    lower_is_better=False,
    title="Drops in the promised window",
    says="{k} of {n} drops came in the window that was promised.",
    description="Of drops with a promised window, those that came in it.",
)

EARLY = Metric(
    id="delivery.drops.early",
    table="home_drops",
    kind="share",
    where="promised_from IS NOT NULL",
    value="arrived_at < promised_from",
    lower_is_better=True,
    title="Drops before their window",
    description="Of drops with a promised window, those that came before it began.",
)


def judge_window(request: CheckRequest) -> Verdict:
    """Judge that drops keep their window, and that not more than a few miss it by coming early."""
    kept, early = request.measurements["metric"], request.measurements["early"]
    for share in (kept, early):
        if share.unavailable:
            return Verdict(state=State.UNAVAILABLE, reason=share.unavailable)
    if kept.value is None or early.value is None:
        return Verdict(state=State.INSUFFICIENT, reason="no drop has a promised window")
    target, allowed = request.settings["at_least"], request.settings["early_at_most"]
    if target is None:
        reason = "nobody said what share of drops must keep their window"
        return Verdict(state=State.NO_TARGET, value=kept.value, n=kept.n, reason=reason)
    in_time = kept.value >= target
    met = in_time and early.value <= allowed
    reason = f"{early.value:.0%} came before their window" if in_time and not met else ""
    return Verdict(
        state=State.MET if met else State.NOT_MET,
        score=float(met),
        value=kept.value,
        value_low=kept.low,
        value_high=kept.high,
        n=kept.n,
        reason=reason,
    )


WINDOW = Check(
    id="delivery.window",
    judge=judge_window,
    metrics=("metric", "early"),
    settings={
        "type": "object",
        "properties": {
            "metric": {"type": "string"},
            "early": {"type": "string"},
            "at_least": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
            "early_at_most": {"type": "number", "minimum": 0, "maximum": 1},
        },
        "required": ["metric", "early", "at_least", "early_at_most"],
        "additionalProperties": False,
    },
    summary="Drops keep their window, and few come before it.",
)


@hook
def cxaudit_register() -> Iterable[object]:
    """Yield the touchpoint and all that is measured there."""
    yield Touchpoint(id="home-delivery", title="Home delivery")
    yield DROPS
    yield IN_WINDOW
    yield EARLY
    yield WINDOW
