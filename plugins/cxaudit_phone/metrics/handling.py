"""Metrics of the work on calls: holds, putting through, service time, load, staffing."""

from __future__ import annotations

from cxaudit.plugin import Metric, MetricKind
from cxaudit_phone.metrics.conditions import ANSWERED

__all__ = ["HANDLING"]

_SERVED = f"{ANSWERED} and agent is not null and talk_s >= 0"
_BY_PERSON = "answered by an agent whom the log names"
_NO_TALK = "Calls whose talk time is missing or negative are left out."
_BUSY = "busy_s >= 0 and available_s >= 0"
_PAUSES = "Breaks, training and the like belong to neither."


def _service_time(percent: int) -> Metric:
    return Metric(
        id=f"cxaudit.phone.service-time.p{percent}",
        table="calls",
        kind=MetricKind.QUANTILE,
        where=_SERVED,
        value="talk_s",
        quantile=percent / 100,
        unit="seconds",
        title=f"Talk time that {percent} of 100 calls do not exceed",
        also_called=(f"p{percent} of the talk time",),
        says=f"{percent} in 100 calls took at most {{value}} of talk ({{n}} calls).",
        description=(
            f"The talk time, without holds, below or at which {percent} % of calls {_BY_PERSON} "
            f"lie. {_NO_TALK}"
        ),
    )


def _understaffed(model: str, how: str, needs: str = "") -> Metric:
    needed = f"needed_erlang_{model}"
    return Metric(
        id=f"cxaudit.phone.understaffed.erlang-{model}",
        table="staffing_needs",
        kind=MetricKind.SHARE,
        where=f"offered > 0 and {needed} is not null and staffed is not null{needs}",
        value=f"staffed < {needed}",
        lower_is_better=True,
        title=f"Intervals with too few people, by Erlang {model.upper()}",
        also_called=("understaffing",),
        says=(
            "In {k} of {n} intervals fewer people were at work than needed, "
            f"by Erlang {model.upper()}."
        ),
        description=(
            "Intervals in which fewer people were at work than answering `service-level-share` of "
            f"all callers within `answer-seconds` needs by Erlang {model.upper()}, of intervals "
            f"with figures. {how} Rows of single agents, and intervals without calls offered, "
            "handling time or people at work, are left out."
        ),
    )


HANDLING: tuple[Metric, ...] = (
    Metric(
        id="cxaudit.phone.hold.share-of-call",
        table="calls",
        kind=MetricKind.RATIO,
        where=f"{ANSWERED} and hold_s >= 0 and talk_s >= 0",
        numerator="hold_s",
        denominator="talk_s + hold_s",
        unit="share",
        lower_is_better=True,
        evidence="hold_s > talk_s",
        title="Share of the call spent on hold",
        also_called=("hold ratio",),
        says="Callers spent {value} of their calls on hold ({n} calls).",
        description=(
            "Seconds on hold, of seconds on hold and in talk, both summed over answered calls; "
            "calls without a hold count. Calls whose hold or talk time is missing or negative are "
            "left out. Shown with it: calls that were on hold for longer than they were in talk."
        ),
    ),
    Metric(
        id="cxaudit.phone.hold.more-than-once",
        table="calls",
        kind=MetricKind.SHARE,
        where=f"{ANSWERED} and holds >= 0",
        value="holds > 1",
        lower_is_better=True,
        title="Calls put on hold more than once",
        says="{k} of {n} answered calls were put on hold more than once.",
        description=(
            "Answered calls with two holds or more, of answered calls whose number of holds is "
            "known."
        ),
    ),
    Metric(
        id="cxaudit.phone.hold.mean",
        table="calls",
        kind=MetricKind.MEAN,
        where=f"{ANSWERED} and hold_s >= 0",
        value="hold_s",
        unit="seconds",
        lower_is_better=True,
        title="Mean time on hold",
        also_called=("average hold time",),
        says="An answered call was on hold for {value} on average ({n} calls).",
        description=(
            "Mean time on hold of an answered call, calls without a hold counting as 0. Calls "
            "whose hold time is missing or negative are left out."
        ),
    ),
    Metric(
        id="cxaudit.phone.transferred",
        table="calls",
        kind=MetricKind.SHARE,
        where=f"{ANSWERED} and transfers >= 0",
        value="transfers >= 1",
        lower_is_better=True,
        title="Transfer rate: calls passed on",
        also_called=("transferred calls",),
        says="{k} of {n} answered calls were passed on at least once.",
        description=(
            "Answered calls that were passed on at least once, of answered calls whose number of "
            "transfers is known. Where a log has a row for each leg, legs are counted, and the "
            "last leg of a call that was passed on is one that was not."
        ),
    ),
    Metric(
        id="cxaudit.phone.service-time",
        table="calls",
        kind=MetricKind.MEAN,
        where=_SERVED,
        value="talk_s",
        unit="seconds",
        title="Average talk time (ATT)",
        also_called=("handle time (AHT) without hold and after-call work (ACW)",),
        says="A call took {value} of talk on average ({n} calls).",
        description=f"Mean talk time, without holds, of calls {_BY_PERSON}. {_NO_TALK}",
    ),
    *map(_service_time, (50, 90, 95)),
    Metric(
        id="cxaudit.phone.short-service",
        table="calls",
        kind=MetricKind.SHARE,
        where=_SERVED,
        value="talk_s < $short-service-seconds",
        lower_is_better=True,
        title="Services too short to be real",
        also_called=("short calls",),
        says="{k} of {n} calls were over after less than {short-service-seconds} seconds of talk.",
        description=(
            f"Calls with less than `short-service-seconds` of talk, of calls {_BY_PERSON}: where "
            f"they are many, somebody hangs up on customers. {_NO_TALK}"
        ),
    ),
    Metric(
        id="cxaudit.phone.short-service.all-answered",
        table="calls",
        kind=MetricKind.SHARE,
        where=f"{ANSWERED} and talk_s >= 0",
        value="talk_s < $short-service-seconds",
        lower_is_better=True,
        title="Services too short to be real, of all answered",
        also_called=("short calls",),
        says=(
            "{k} of {n} answered calls, also those for which the log names nobody, were over "
            "after less than {short-service-seconds} seconds of talk."
        ),
        description=(
            "Calls with less than `short-service-seconds` of talk, of all answered calls, also "
            f"those for which the log names nobody. {_NO_TALK}"
        ),
    ),
    Metric(
        id="cxaudit.phone.occupancy",
        table="staffing",
        kind=MetricKind.RATIO,
        where=_BUSY,
        numerator="busy_s",
        denominator="busy_s + available_s",
        unit="share",
        title="Occupancy",
        also_called=("agent occupancy",),
        says=(
            "Of the time that they were busy or ready, staff were busy for {value} ({n} intervals)."
        ),
        description=(
            "Seconds spent handling, of seconds spent handling or ready for a contact, both summed "
            f"over intervals. {_PAUSES} Half-hours without a contact count: staff were ready in "
            "them. Intervals in which either is missing or negative are left out. It follows from "
            "load and the size of the team, and is no merit of a person."
        ),
    ),
    Metric(
        id="cxaudit.phone.occupancy.intervals-above",
        table="staffing",
        kind=MetricKind.SHARE,
        where=f"{_BUSY} and busy_s > 0",
        value="busy_s > $occupancy-limit * (busy_s + available_s)",
        lower_is_better=True,
        title="Intervals without a breath between calls",
        says="In {k} of {n} intervals staff were busy for more than {occupancy-limit} of the time.",
        description=(
            "Intervals in which the share of time spent handling was above `occupancy-limit`, of "
            "intervals with any time spent handling: in one without a contact there is no breath "
            f"to be missed, and a quiet night would hide a day without any. {_PAUSES}"
        ),
    ),
    _understaffed(
        "c", "Erlang C knows no hanging up, so it asks for more people than Erlang A does."
    ),
    _understaffed(
        "a",
        "Callers hang up after `patience-seconds` in the mean; who hangs up counts as not answered "
        "in time.",
        " and $patience-seconds > 0",
    ),
)
