"""Metrics of matters, over `issue_histories`: how long they take, through whose hands they go."""

from __future__ import annotations

from collections.abc import Iterator

from cxaudit.plugin import Metric

__all__ = ["ISSUE_METRICS"]

_TABLE = "issue_histories"
_QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95}
_SHARES = {
    "p50": "Half of the matters",
    "p90": "Nine in ten matters",
    "p95": "Nineteen in twenty matters",
}


def _hours(
    name: str,
    title: str,
    also_called: str,
    mean: str,
    within: str,
    since: str,
    until: str,
    description: str,
) -> Iterator[Metric]:
    """Yield mean and quantiles of the hours between two instants of a matter.

    ``mean`` and ``within`` say what took a matter so long, and what was done within a time.
    """
    for last in ("mean", *_QUANTILES):
        yield Metric(
            id=f"cxaudit.issue.{name}.{last}",
            table=_TABLE,
            kind="mean" if last == "mean" else "quantile",
            # Times that contradict each other are counted by contradicting-times.
            where=f"{until} >= {since}",
            value=f"seconds_between({since}, {until}) / 3600",
            quantile=_QUANTILES.get(last),
            unit="hours",
            lower_is_better=True,
            title=f"{title}, {last}",
            also_called=(f"{also_called}, {last}",),
            says=(
                f"{mean} on average ({{n}} matters)."
                if last == "mean"
                else f"{_SHARES[last]} {within} ({{n}} matters)."
            ),
            description=description,
        )


def _mean(
    name: str, value: str, unit: str, title: str, also_called: str, says: str, description: str
) -> Metric:
    return Metric(
        id=f"cxaudit.issue.{name}",
        table=_TABLE,
        kind="mean",
        value=value,
        unit=unit,
        lower_is_better=True,
        title=title,
        also_called=(also_called,),
        says=says,
        description=description,
    )


def _share(
    name: str,
    value: str,
    title: str,
    says: str,
    description: str,
    *,
    where: str | None = None,
    lower_is_better: bool | None = True,
    table: str = _TABLE,
    also_called: tuple[str, ...] = (),
) -> Metric:
    return Metric(
        id=f"cxaudit.issue.{name}",
        table=table,
        kind="share",
        where=where,
        value=value,
        lower_is_better=lower_is_better,
        title=title,
        also_called=also_called,
        says=says,
        description=description,
    )


_QUEUED = "groups is not null"
_TIERED = "highest_tier is not null"
_EVERY = "Of all matters."
_NAMED = "Of matters with an entry that names a queue."

ISSUE_METRICS: tuple[Metric, ...] = (
    *_hours(
        "duration",
        "Hours from the first entry to the last",
        "case duration",
        "A matter took {value} from the first entry to the last",
        "took at most {value} from the first entry to the last",
        "first_at",
        "last_at",
        "Calendar hours between the first and the last entry of a matter's log, whatever they say. "
        "Matters that are still open count with what there is so far.",
    ),
    *_hours(
        "first-response",
        "First response time (FRT): hours until somebody took the matter up",
        "time to acknowledge (TTA)",
        "A matter was taken up after {value}",
        "were taken up within {value}",
        "opened_at",
        "first_response_at",
        "Calendar hours from opening (the log's own field, else the first entry) to the first "
        "entry responded. Matters without one are left out.",
    ),
    *_hours(
        "first-resolved",
        "Resolution time (TTR): hours until the matter was first settled",
        "first resolution time",
        "A matter was first settled after {value}",
        "were first settled within {value}",
        "opened_at",
        "first_resolved_at",
        "Calendar hours from opening (the log's own field, else the first entry) to the first "
        "entry resolved. Matters without one are left out; later work is not taken off.",
    ),
    *_hours(
        "last-closed",
        "Hours until the matter was closed for good",
        "full resolution time",
        "A matter was closed for good after {value}",
        "were closed for good within {value}",
        "opened_at",
        "last_closed_at",
        "Calendar hours from opening (the log's own field, else the first entry) to the last "
        "entry closed. Matters without one are left out. Closing is not settling: many systems "
        "close by themselves weeks later.",
    ),
    Metric(
        id="cxaudit.issue.contradicting-times",
        table=_TABLE,
        kind="count",
        where=(
            "first_response_at < opened_at or first_resolved_at < opened_at "
            "or last_closed_at < opened_at or resolved_at < opened_at or closed_at < opened_at"
        ),
        unit="matters",
        lower_is_better=True,
        title="Matters that end before they begin",
        says="{value} end before they begin, as the log says.",
        description=(
            "Matters answered, settled or closed before they were opened, as the log says. "
            "They are left out of the times that contradict each other."
        ),
    ),
    _mean(
        "group-changes.mean",
        "group_changes",
        "changes",
        "Changes of the group that has a matter",
        "group stations, less the first",
        "A matter saw {value} of its group on average ({n} matters).",
        f"Entries whose queue differs from the queue before, a mean a matter. {_NAMED}",
    ),
    _mean(
        "groups.mean",
        "groups",
        "groups",
        "Different groups that had a matter",
        "groups per ticket",
        "A matter went through {value} on average ({n} matters).",
        f"Different queues, a mean a matter. {_NAMED}",
    ),
    _share(
        "more-than-one-group",
        "groups > 1",
        "Matters that went through more than one group",
        "{k} of {n} matters went through more than one group.",
        f"Two or more different queues. {_NAMED}",
        where=_QUEUED,
    ),
    _share(
        "run-around",
        "groups >= 3",
        "Matters that went through three or more groups",
        "{k} of {n} matters went through three or more groups.",
        f"Three or more different queues. {_NAMED}",
        where=_QUEUED,
        also_called=("ticket bouncing between groups",),
    ),
    _share(
        "returned",
        "returned",
        "Matters that came back to a group that had passed them on",
        "{k} of {n} matters came back to a group that had passed them on.",
        "The queue changes to one that the matter had left before (ping-pong); a mere change of "
        f"queue is none. {_NAMED}",
        where=_QUEUED,
        also_called=("ping-pong",),
    ),
    _share(
        "reassigned",
        "reassignments > 0",
        "Transfer rate: matters passed on at least once",
        "{k} of {n} matters were passed on at least once.",
        f"By the log's own counter, else by entries reassigned. {_EVERY}",
        also_called=("reassignment rate",),
    ),
    _share(
        "reassigned-often",
        "reassignments >= 3",
        "Matters passed on three times or more",
        "{k} of {n} matters were passed on three times or more.",
        f"By the log's own counter, else by entries reassigned. {_EVERY}",
        also_called=("ticket bouncing",),
    ),
    _mean(
        "reassignments.mean",
        "reassignments",
        "times",
        "Times that a matter is passed on",
        "reassignments per ticket",
        "A matter was passed on {value} on average ({n} matters).",
        f"By the log's own counter, else by entries reassigned; a mean a matter. {_EVERY}",
    ),
    _share(
        "reopened",
        "reopens > 0",
        "Reopen rate: matters opened again",
        "{k} of {n} matters were opened again.",
        f"By the log's own counter, else by entries reopened. {_EVERY}",
    ),
    _share(
        "on-hold",
        "waits > 0",
        "Matters parked to wait for the customer",
        "{k} of {n} matters were parked to wait for the customer.",
        f"At least one entry waiting. {_EVERY}",
        also_called=("pending tickets",),
    ),
    _share(
        "told",
        "told > 0",
        "Matters in which the customer was written to or called",
        "In {k} of {n} matters the customer was written to or called.",
        f"At least one entry told. {_EVERY}",
        lower_is_better=False,
    ),
    _share(
        "heard",
        "heard > 0",
        "Matters in which the customer came back",
        "In {k} of {n} matters the customer came back.",
        f"At least one entry heard. {_EVERY}",
        lower_is_better=None,
    ),
    _share(
        "closed",
        "closed",
        "Matters closed",
        "{k} of {n} matters were closed.",
        f"At least one entry closed, also of a matter that went on afterwards. {_EVERY}",
        lower_is_better=False,
    ),
    _share(
        "work-after-resolved",
        "work_after_resolved",
        "Matters worked on after they were called settled",
        "{k} of {n} matters were worked on after they were called settled.",
        f"An entry other than resolved and closed follows the first resolved. {_EVERY}",
    ),
    _share(
        "work-after-closed",
        "after_closed",
        "Matters with entries after they were closed",
        "{k} of {n} matters have entries after they were closed.",
        f"Any entry, another closing too, follows the first closed. {_EVERY}",
    ),
    _share(
        "first-line",
        "highest_tier < 2",
        "Matters that never left the first line",
        "{k} of {n} matters never left the first line.",
        "No entry names a group of the second or third line. Of matters with an entry that names "
        "a line; whether they were settled is not asked.",
        where=_TIERED,
        lower_is_better=False,
        also_called=("first-level resolution (FLR), if it was settled",),
    ),
    _mean(
        "agent-changes.mean",
        "agent_changes",
        "changes",
        "Changes of the person who has a matter",
        "assignee stations, less the first",
        "A matter saw {value} of the person who has it on average ({n} matters).",
        "Entries whose person differs from the person before, a mean a matter. Of matters with an "
        "entry that names a person.",
    ),
    _share(
        "agent-changes.often",
        "agent_changes >= 3",
        "Matters whose person changed three times or more",
        "In {k} of {n} matters the person changed three times or more.",
        "Entries whose person differs from the person before. Of matters with an entry that names "
        "a person.",
        where="agent_changes is not null",
    ),
    _share(
        "in-time",
        "in_time",
        "Matters whose promise is held, as the log says",
        "In {k} of {n} matters the promise is held, as the log says.",
        "What the last entry says. Of matters whose last entry says so or otherwise.",
        where="in_time is not null",
        lower_is_better=False,
        also_called=("SLA compliance",),
    ),
    _share(
        "unowned",
        "agent is null or not agent_present",
        "Open matters that nobody present is responsible for",
        "Nobody present is responsible for {k} of {n} open matters.",
        "Nobody is named, or who is named is neither at work nor stood in for. Of open matters: "
        "status neither solved nor closed. Where presence is not known, who is named counts as "
        "present.",
        where="coalesce(status, 'open') not in ('solved', 'closed')",
        table="issues",
        also_called=("unassigned backlog",),
    ),
)
