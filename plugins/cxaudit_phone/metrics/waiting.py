"""Metrics of reaching a person: service level, waits, giving up.

Each stands in three variants: of calls as callers lived them, by leg, and by queue.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from cxaudit.plugin import Metric, MetricKind
from cxaudit_phone.metrics.conditions import ANSWERED as ANSWERED_IN
from cxaudit_phone.metrics.conditions import INBOUND, REACHED

__all__ = ["WAITING"]

ANSWERED = "outcome = 'answered'"
OFFERED = REACHED

_IN_TIME = "wait_s between 0 and $answer-seconds"
_SERVICE_LEVEL = ("SL", "telephone service factor (TSF)", "80/20")
_GAVE_UP = "outcome = 'abandoned'"
_TURNED_AWAY = "outcome = 'turned-away'"
_LATE = "wait_s is null or wait_s < 0 or wait_s > {}"
_NOT_EARLY = f"({OFFERED}) and (outcome <> 'abandoned' or {_LATE})"
_UNKNOWN = "A call whose wait is missing or negative does not count as answered in time."
_NO_WAIT = "Calls whose wait is missing or negative are left out."
_REACHED = (
    "Offered: reached the queue, and was answered, given up, let go by the queue, or ended in a "
    "voicemail or a request to be called back."
)


_BY_CALLER = (
    "A call is what the caller lived through: its legs and queues are one call, and the wait is "
    "that over all of them."
)
_BY_LEG = (
    "Each leg counts for itself, as a planner sees them: who comes to two queues is offered twice."
)
_BY_QUEUE = (
    "A call counts once in each queue that it came to, with its waits there; legs without a queue "
    "are left out."
)


def _variants(metrics: Iterable[Metric]) -> Iterator[Metric]:
    """Yield each metric over `call_chains` with the same by leg and by queue behind it."""
    for metric in metrics:
        yield attrs.evolve(metric, description=f"{metric.description} {_BY_CALLER}")
        yield attrs.evolve(
            metric,
            id=f"{metric.id}.by-leg",
            table="calls",
            where=f"({metric.where}) and {INBOUND}",
            title=f"{metric.title}, by leg",
            says=f"By leg: {metric.says}",
            description=f"{metric.description} {_BY_LEG}",
        )
        yield attrs.evolve(
            metric,
            id=f"{metric.id}.by-queue",
            table="queue_visits",
            title=f"{metric.title}, by queue",
            says=f"By queue: {metric.says}",
            description=f"{metric.description} {_BY_QUEUE}",
        )


def _quantiles(name: str, where: str, whose: str) -> tuple[Metric, ...]:
    return tuple(
        Metric(
            id=f"cxaudit.phone.wait.{name}p{percent}",
            table="call_chains",
            kind=MetricKind.QUANTILE,
            where=f"({where}) and wait_s >= 0",
            value="wait_s",
            quantile=percent / 100,
            unit="seconds",
            lower_is_better=True,
            title=f"Wait that {percent} of 100 {whose} do not exceed",
            also_called=(f"p{percent} of the time in queue",),
            says=f"{percent} in 100 {whose} waited at most {{value}} ({{n}} calls).",
            description=(
                f"The wait in the queue below or at which {percent} % of {whose} lie; waits of 0 "
                f"count. {_NO_WAIT}"
            ),
        )
        for percent in (50, 90, 95)
    )


_OF_A_CALL: tuple[Metric, ...] = (
    Metric(
        id="cxaudit.phone.offered",
        table="call_chains",
        kind=MetricKind.COUNT,
        where=OFFERED,
        unit="calls",
        title="Calls offered",
        also_called=("call volume",),
        says="{value} were offered.",
        description=(
            f"Inbound calls. {_REACHED} Calls that ended in the menu, were busy, failed, or rang "
            "without a queue and were missed are left out."
        ),
    ),
    Metric(
        id="cxaudit.phone.ended-in-menu",
        table="call_chains",
        kind=MetricKind.COUNT,
        where="outcome = 'ivr'",
        unit="calls",
        title="Calls that ended in the menu",
        also_called=("IVR exits",),
        says="{value} ended in the menu.",
        description=(
            "Inbound calls that never reached the queue. They may have been settled there or given "
            "up: the log cannot tell, so they are neither offered nor abandoned."
        ),
    ),
    Metric(
        id="cxaudit.phone.service-level.of-answered",
        table="call_chains",
        kind=MetricKind.SHARE,
        where=ANSWERED,
        value=_IN_TIME,
        lower_is_better=False,
        title="Service level: answered in time, of calls answered",
        also_called=_SERVICE_LEVEL,
        says="{k} of {n} answered calls were answered within {answer-seconds} seconds.",
        description=(
            "Calls answered within `answer-seconds`, of calls answered. Whoever gave up is "
            f"left out altogether, so it rises when people give up. {_UNKNOWN}"
        ),
    ),
    Metric(
        id="cxaudit.phone.service-level.of-offered",
        table="call_chains",
        kind=MetricKind.SHARE,
        where=OFFERED,
        value=f"outcome = 'answered' and {_IN_TIME}",
        lower_is_better=False,
        title="Service level: answered in time, of calls offered",
        also_called=_SERVICE_LEVEL,
        says="{k} of {n} calls were answered within {answer-seconds} seconds.",
        description=(
            "Calls answered within `answer-seconds`, of all calls offered; everybody who gave up "
            f"counts as not answered in time. {_REACHED} {_UNKNOWN}"
        ),
    ),
    Metric(
        id="cxaudit.phone.service-level.early-abandons-kept",
        table="call_chains",
        kind=MetricKind.SHARE,
        where=OFFERED,
        value=f"outcome in ('answered', 'abandoned') and {_IN_TIME}",
        lower_is_better=False,
        title="Service level: answered or given up in time, of calls offered",
        also_called=_SERVICE_LEVEL,
        says=(
            "{k} of {n} calls were answered, or given up by the caller, within "
            "{answer-seconds} seconds."
        ),
        description=(
            "Calls answered, or given up by the caller, within `answer-seconds`, of all calls "
            "offered. Callers who hang up early count as served; calls that the queue let go, "
            f"voicemails and requests to be called back never do. {_REACHED} {_UNKNOWN}"
        ),
    ),
    Metric(
        id="cxaudit.phone.service-level.without-early-abandons",
        table="call_chains",
        kind=MetricKind.SHARE,
        where=_NOT_EARLY.format("$answer-seconds"),
        value=f"outcome = 'answered' and {_IN_TIME}",
        lower_is_better=False,
        title="Service level: answered in time, of calls offered without early abandons",
        also_called=_SERVICE_LEVEL,
        says=(
            "{k} of {n} calls were answered within {answer-seconds} seconds; those given up "
            "sooner are left out."
        ),
        description=(
            "Calls answered within `answer-seconds`, of calls offered without those that the "
            f"caller gave up within that time. {_REACHED} {_UNKNOWN} A call that was given up "
            "after a wait nobody knows stays in."
        ),
    ),
    Metric(
        id="cxaudit.phone.speed-of-answer",
        table="call_chains",
        kind=MetricKind.MEAN,
        where=f"{ANSWERED} and wait_s >= 0",
        value="wait_s",
        unit="seconds",
        lower_is_better=True,
        title="Average speed of answer (ASA)",
        also_called=("mean wait of calls answered",),
        says="Answered calls waited {value} on average ({n} calls).",
        description=(
            "Average speed of answer: the mean wait of answered calls, waits of 0 among them. "
            f"Those who gave up are left out, so it falls when people give up. {_NO_WAIT}"
        ),
    ),
    Metric(
        id="cxaudit.phone.speed-of-answer.queued",
        table="call_chains",
        kind=MetricKind.MEAN,
        where=f"{ANSWERED} and wait_s > 0",
        value="wait_s",
        unit="seconds",
        lower_is_better=True,
        title="Average speed of answer (ASA) of calls that had to wait",
        also_called=("average delay of delayed calls",),
        says="Answered calls that had to wait waited {value} on average ({n} calls).",
        description=(
            "The mean wait of answered calls whose wait is above 0. Those who gave up are left out."
        ),
    ),
    Metric(
        id="cxaudit.phone.time-to-abandon",
        table="call_chains",
        kind=MetricKind.MEAN,
        where=f"{_GAVE_UP} and wait_s >= 0",
        value="wait_s",
        unit="seconds",
        title="Mean wait of those who gave up",
        also_called=("average time to abandon (ATA)",),
        says="Callers who gave up did so after {value} on average ({n} calls).",
        description=(
            "The mean wait of callers who hung up in the queue. It is not their patience: whoever "
            f"was answered first would have waited longer. {_NO_WAIT}"
        ),
    ),
    *_quantiles("", OFFERED, "calls offered"),
    *_quantiles("answered.", ANSWERED, "calls answered"),
    Metric(
        id="cxaudit.phone.wait.longest",
        table="call_chains",
        kind=MetricKind.MAXIMUM,
        where=f"({OFFERED}) and wait_s >= 0",
        value="wait_s",
        unit="seconds",
        lower_is_better=True,
        title="Longest wait",
        also_called=("longest delay in queue (LDQ)",),
        says="The longest wait of a caller was {value} ({n} calls).",
        description=f"The longest wait in the queue of a call offered. {_NO_WAIT}",
    ),
    Metric(
        id="cxaudit.phone.queued",
        table="call_chains",
        kind=MetricKind.SHARE,
        where=OFFERED,
        value="wait_s > 0 or outcome <> 'answered'",
        lower_is_better=True,
        title="Calls that had to wait",
        says="{k} of {n} calls were not answered at once.",
        description=(
            "Calls that were not answered at once (a wait above 0, or no answer at all), of calls "
            f"offered. {_REACHED} An answered call whose wait is missing counts as answered at "
            "once."
        ),
    ),
    Metric(
        id="cxaudit.phone.abandoned",
        table="call_chains",
        kind=MetricKind.SHARE,
        where=OFFERED,
        value=_GAVE_UP,
        lower_is_better=True,
        title="Abandonment rate: callers who gave up",
        also_called=("abandon rate", "lost calls"),
        says="In {k} of {n} calls the caller gave up.",
        description=(
            "Calls that the caller gave up in the queue, of all calls offered, however short the "
            f"wait. {_REACHED} Calls that the queue let go are in the denominator only."
        ),
    ),
    Metric(
        id="cxaudit.phone.abandoned.after-short",
        table="call_chains",
        kind=MetricKind.SHARE,
        where=_NOT_EARLY.format("$short-abandon-seconds"),
        value=_GAVE_UP,
        lower_is_better=True,
        title="Abandonment rate without short abandons",
        also_called=("abandon rate without short calls",),
        says=(
            "In {k} of {n} calls the caller gave up after more than {short-abandon-seconds} "
            "seconds."
        ),
        description=(
            "Calls that the caller gave up after more than `short-abandon-seconds`, of calls "
            "offered; calls given up within that time are left out of both sides. A call that was "
            f"given up after a wait nobody knows stays in both. {_REACHED}"
        ),
    ),
    Metric(
        id="cxaudit.phone.turned-away",
        table="call_chains",
        kind=MetricKind.SHARE,
        where=f"{REACHED} or {_TURNED_AWAY}",
        value=_TURNED_AWAY,
        lower_is_better=True,
        title="Callers turned away by a full or closed queue",
        also_called=("blocked calls", "calls refused by the queue"),
        says="{k} of {n} calls were turned away by a full or closed queue.",
        description=(
            "Calls that no queue let in, because it was full or closed, of calls that came to a "
            "queue, let in or not. They are not offered, so no other metric of waiting or giving "
            "up sees them."
        ),
    ),
)

WAITING: tuple[Metric, ...] = (
    *_variants(_OF_A_CALL),
    Metric(
        id="cxaudit.phone.answered",
        table="calls",
        kind=MetricKind.COUNT,
        where=ANSWERED_IN,
        unit="calls",
        title="Calls answered",
        also_called=("calls handled",),
        says="A person answered {value}.",
        description=(
            "Inbound calls that a person answered; a menu that picks up is none. Where a log has a "
            "row for each leg, legs are counted: whoever is put through is answered twice."
        ),
    ),
    Metric(
        id="cxaudit.phone.answered.by-caller",
        table="call_chains",
        kind=MetricKind.COUNT,
        where="handled_by in ('person', 'both')",
        unit="calls",
        title="Callers who spoke to a person",
        says="{value} were answered by a person, however often they were put through.",
        description=(
            "Inbound calls, their legs taken together, that a person answered in any of their legs."
        ),
    ),
)
