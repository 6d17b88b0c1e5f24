"""Metrics of what follows a call: being passed around, calling again, being called back."""

from __future__ import annotations

from cxaudit.plugin import Metric, MetricKind

__all__ = ["FOLLOWING"]

_REPEAT = "$repeat-days * 86400"
_OLD_ENOUGH = f"answered and observed_s >= {_REPEAT}"
_DUE = "kind = 'callback' and due_at <= observed_until()"
_OF_DUE = (
    "of call-backs whose time has come. Promises without a time, and those not yet due, are left "
    "out."
)
_RETURN = "$return-hours * 3600"
_OLD_MISS = f"customer_key is not null and open_seconds(received_at, observed_until()) >= {_RETURN}"
_NOT_SEEN = (
    "and all of them where the log holds no outbound call or no open hours cover them. An answer "
    "in writing is not seen."
)
_ACCEPTED = "coalesce(accepted_at, observed_until())"


def _repeat(
    name: str, column: str, title: str, also_called: str, says: str, where: str, how: str
) -> Metric:
    return Metric(
        id=f"cxaudit.phone.repeat-contact{name}",
        table="contacts",
        kind=MetricKind.SHARE,
        where=f"{_OLD_ENOUGH}{where}",
        value=f"seconds_between(at, {column}) <= {_REPEAT}",
        lower_is_better=True,
        title=title,
        also_called=("recontact rate", also_called),
        says=says,
        description=(
            f"Contacts of a known customer that were answered, and after which the same customer "
            f"came again {how} within `repeat-days`, of all such contacts that lie at least "
            "`repeat-days` before the end of observation: of later ones nobody can tell yet. A "
            "contact with another reason is none about the same matter; without a reason on one of "
            "both it may be. Contacts that were not answered count as coming again, and are no "
            "base. Legs of one call are one contact."
        ),
    )


def _handover(percent: int) -> Metric:
    return Metric(
        id=f"cxaudit.phone.handover-wait.p{percent}",
        table="handovers",
        kind=MetricKind.CENSORED_QUANTILE,
        where=(
            f"coalesce(kind, '') <> 'menu' and {_ACCEPTED} >= at "
            "and (accepted_at is not null or coalesce(channel, '') <> 'phone')"
        ),
        value=f"seconds_between(at, {_ACCEPTED}) / 3600",
        event="accepted_at is not null",
        quantile=percent / 100,
        unit="hours",
        lower_is_better=True,
        title=f"Wait between departments that {percent} of 100 matters do not exceed",
        also_called=(f"p{percent} of the hand-off time",),
        says=f"{percent} in 100 matters passed on were taken up within {{value}} ({{n}} matters).",
        description=(
            f"Time from passing a matter on until the other side takes it up, below or at which "
            f"{percent} % of handovers lie by Kaplan and Meier: what nobody has taken up yet is "
            "kept in as waiting until the end of observation. Calendar hours. Menu steps, and "
            "handovers taken up before they were made, are left out, and calls put through to "
            "where nobody can see whether they were taken up."
        ),
    )


FOLLOWING: tuple[Metric, ...] = (
    Metric(
        id="cxaudit.phone.run-around",
        table="call_chains",
        kind=MetricKind.SHARE,
        where="handlers >= 1",
        value="handlers >= 3",
        lower_is_better=True,
        title="Callers who had to speak to three or more",
        also_called=("three or more agent touches",),
        says="In {k} of {n} calls the caller had to speak to three or more people.",
        description=(
            "Inbound calls, their legs taken together, in which the caller spoke to three or more "
            "people (queues, where the log names no people), of calls in which anybody was spoken "
            "to. Menu steps, legs that nobody answered and warm handovers do not count. Calls with "
            "several conversations of which one names neither person nor queue are left out. A log "
            "that keeps one row for a call shows its last station only."
        ),
    ),
    Metric(
        id="cxaudit.phone.handlers.mean",
        table="call_chains",
        kind=MetricKind.MEAN,
        where="handlers >= 1",
        value="handlers",
        unit="people",
        lower_is_better=True,
        title="People a caller speaks to",
        also_called=("agent touches per contact",),
        says="A caller spoke to {value} on average ({n} calls).",
        description=(
            "Mean number of people (queues, where the log names no people) whom a caller spoke to, "
            "over calls in which anybody was spoken to; counted as for `phone.run-around`."
        ),
    ),
    _repeat(
        "",
        "next_contact_at",
        "Repeat contact rate: customers who came again, on any channel",
        "complement of first contact resolution (FCR)",
        "After {k} of {n} answered contacts the customer came again within {repeat-days} days.",
        "",
        "on any channel that the same key or the table `identity` joins",
    ),
    _repeat(
        ".same-channel",
        "next_call_at",
        "Repeat call rate: callers who called again",
        "complement of first call resolution (FCR)",
        "After {k} of {n} answered calls the customer called again within {repeat-days} days.",
        " and channel = 'phone'",
        "by phone, after a call",
    ),
    Metric(
        id="cxaudit.phone.callback-kept",
        table="promises",
        kind=MetricKind.SHARE,
        where=_DUE,
        value="coalesce(kept_at <= due_at, kept) and coalesce(kept, kept_at <= due_at)",
        lower_is_better=False,
        title="Call-backs made by the time that was given",
        also_called=("callback service level",),
        says="{k} of {n} promised call-backs were made by the time that was given.",
        description=(
            f"Promised call-backs that were made by the time that was given, {_OF_DUE} The time of "
            "the call tells, and the record's own word where it has no time; where both are there, "
            "both must say so. One that is still open counts as not kept."
        ),
    ),
    Metric(
        id="cxaudit.phone.callback-attempted",
        table="promises",
        kind=MetricKind.SHARE,
        where=_DUE,
        value="coalesce(attempted_at, kept_at) <= due_at",
        lower_is_better=False,
        title="Call-backs tried by the time that was given",
        says="{k} of {n} promised call-backs were tried by the time that was given.",
        description=(
            f"Promised call-backs with a first attempt by the time that was given, {_OF_DUE} An "
            "attempt counts whether the customer was reached or not."
        ),
    ),
    Metric(
        id="cxaudit.phone.callback-reached",
        table="promises",
        kind=MetricKind.SHARE,
        where=_DUE,
        value="reached",
        lower_is_better=False,
        title="Call-backs in which the customer was reached",
        says="In {k} of {n} promised call-backs the customer was reached.",
        description=(
            f"Promised call-backs in which the customer was reached, however late, {_OF_DUE} One "
            "without a word on it counts as not reached."
        ),
    ),
    Metric(
        id="cxaudit.phone.voicemail-returned",
        table="missed_calls",
        kind=MetricKind.SHARE,
        where=f"outcome = 'voicemail' and {_OLD_MISS}",
        value=f"open_seconds(received_at, returned_at) <= {_RETURN}",
        lower_is_better=False,
        title="Voicemails returned",
        also_called=("voicemail return rate",),
        says=(
            "After {k} of {n} voicemails the customer was called within {return-hours} open hours."
        ),
        description=(
            "Voicemails after which the customer was called within `return-hours` of open hours, "
            "whether reached or not, of those that are older than that at the end of observation. "
            f"Calls from a number that nobody knows are left out, {_NOT_SEEN}"
        ),
    ),
    Metric(
        id="cxaudit.phone.missed-returned",
        table="missed_calls",
        kind=MetricKind.SHARE,
        where=f"outcome <> 'voicemail' and not again and {_OLD_MISS}",
        value=f"open_seconds(received_at, reached_at) <= {_RETURN}",
        lower_is_better=False,
        title="Missed callers reached",
        says="{k} of {n} missed callers were reached within {return-hours} open hours.",
        description=(
            "Callers who were missed, gave up in the queue or were let go by it, and who were "
            "reached within `return-hours` of open hours: called back and answering, or calling "
            "again and answered. Of callers whose first miss is older than that at the end of "
            "observation. All misses of a caller until somebody speaks to them are one, counted "
            "from the first; a caller who is missed again after that counts again. Voicemails are "
            "left out, callers without a number, whom nobody can follow, "
            f"{_NOT_SEEN}"
        ),
    ),
    _handover(50),
    _handover(90),
)
