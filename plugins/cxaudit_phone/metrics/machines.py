"""Metrics of menus and voice bots: what they settle, and whether a person is reached past them."""

from __future__ import annotations

from cxaudit.plugin import Metric, MetricKind
from cxaudit_phone.metrics.conditions import REACHED

__all__ = ["MACHINES"]

_TOOK = (
    "(handled_by in ('machine', 'both') or handed_over_at is not null "
    "or machine_resolved is not null)"
)
_REPEAT = "$repeat-days * 86400"
_CAME = f"({REACHED}) or {_TOOK}"
_MACHINE = (
    "A menu or voice bot took a call where the record says that it settled it or not, that it "
    "handed it over, or who gave the answer; a menu of which nothing is known took none."
)

MACHINES: tuple[Metric, ...] = (
    Metric(
        id="cxaudit.phone.contained",
        table="call_chains",
        kind=MetricKind.SHARE,
        where=_TOOK,
        value="handled_by = 'machine'",
        title="Calls settled by menu or voice bot, of those it took",
        also_called=("containment rate", "self-service rate"),
        says="{k} of {n} calls that a menu or voice bot took were settled there, without a person.",
        description=(
            "Calls to which a machine alone gave an answer, of calls that one took, their legs "
            f"together. {_MACHINE} Staying in the machine is no success by itself: read "
            "`phone.contained.not-back` with it."
        ),
    ),
    Metric(
        id="cxaudit.phone.contained.not-back",
        table="contacts",
        kind=MetricKind.SHARE,
        where=f"handled_by = 'machine' and channel = 'phone' and observed_s >= {_REPEAT}",
        value=f"coalesce(seconds_between(at, next_contact_at) > {_REPEAT}, true)",
        lower_is_better=False,
        title="Calls settled by menu or voice bot after which nobody came back",
        also_called=("true resolution rate", "effective containment"),
        says=(
            "After {k} of {n} calls that a menu or voice bot settled, the customer did not come "
            "back within {repeat-days} days."
        ),
        description=(
            "Calls of a known customer to which a machine alone gave an answer, and after which "
            "the same customer did not come again within `repeat-days` on any channel about what "
            "may be the same matter, of all such calls that lie at least `repeat-days` before the "
            "end of observation."
        ),
    ),
    Metric(
        id="cxaudit.phone.machine-resolved",
        table="call_chains",
        kind=MetricKind.SHARE,
        where="machine_resolved is not null",
        value="machine_resolved",
        title="Calls settled by menu or voice bot, as the system counts",
        also_called=("bot resolution rate",),
        says="The system counts {k} of {n} calls as settled by its menu or voice bot.",
        description=(
            "Calls that the system itself counts as settled by its menu or voice bot, of those of "
            "which it says so or the contrary. It is the vendor's count: beside it stands what the "
            "customer's return says, `phone.contained.not-back`."
        ),
    ),
    Metric(
        id="cxaudit.phone.person-reached",
        table="call_chains",
        kind=MetricKind.SHARE,
        where="person_asked_at is not null",
        value="seconds_between(person_asked_at, answered_at) between 0 and $person-seconds",
        lower_is_better=False,
        title="Callers who asked a machine for a person and reached one in time",
        says=(
            "{k} of {n} callers who asked a menu or voice bot for a person reached one within "
            "{person-seconds} seconds."
        ),
        description=(
            "Calls in which a person answered within `person-seconds` after the caller first asked "
            "the machine for one, of calls in which the caller asked. Who never reached a person "
            "counts as not reached."
        ),
    ),
    Metric(
        id="cxaudit.phone.served",
        table="call_chains",
        kind=MetricKind.SHARE,
        where=_CAME,
        value="handled_by <> 'nobody'",
        lower_is_better=False,
        title="Calls with a useful answer, by a person or a machine",
        says="In {k} of {n} calls somebody gave a useful answer, a person or a machine.",
        description=(
            "Calls in which a person, menu or voice bot gave a useful answer, of calls that came "
            f"to a queue or that a machine took, their legs together. {_MACHINE}"
        ),
    ),
    Metric(
        id="cxaudit.phone.served.by-person",
        table="call_chains",
        kind=MetricKind.SHARE,
        where=_CAME,
        value="handled_by in ('person', 'both')",
        title="Calls with a useful answer by a person",
        says="In {k} of {n} calls a person gave a useful answer.",
        description=(
            "Calls in which a person gave a useful answer, of calls that came to a queue or that a "
            f"machine took, their legs together. {_MACHINE}"
        ),
    ),
)
