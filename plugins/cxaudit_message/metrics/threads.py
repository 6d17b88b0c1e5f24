"""Metrics of written contacts: answers, settlements, backlog, capacity and notices."""

from __future__ import annotations

from collections.abc import Iterator

from cxaudit.plugin import Metric

__all__ = ["THREAD_METRICS"]

_REAL = "not coalesce(is_spam, false)"
"""Spam, by the rule that its source states, waits for no answer."""

_OBSERVED = f"{_REAL} and opened_at <= observed_until()"
_REPLY_FITS = "(first_human_reply_at is null or first_human_reply_at >= opened_at)"
_ANSWER = """least(
    coalesce(first_reply_at, first_machine_reply_at, first_human_reply_at),
    coalesce(first_machine_reply_at, first_human_reply_at, first_reply_at),
    coalesce(first_human_reply_at, first_reply_at, first_machine_reply_at)
)"""
"""First useful answer, of a person or a machine agent: of those columns that sources give."""
_ANSWER_FITS = f"({_ANSWER} is null or {_ANSWER} >= opened_at)"
_SETTLED_AT = "coalesce(solved_at, closed_at)"
_SETTLED_FITS = f"({_SETTLED_AT} is null or {_SETTLED_AT} >= opened_at)"
_STATUS = "coalesce(status, '')"
_OPEN = (
    f"case when {_STATUS} in ('open', 'pending') then true "
    f"when {_SETTLED_AT} is null then {_STATUS} not in ('solved', 'closed') "
    f"else {_SETTLED_AT} > observed_until() end"
)
"""Whether a thread was open when it was last looked at; a thread opened again is open."""

_CLOCKS = {
    "calendar": ("seconds_between", "on the customer's clock"),
    "working": ("open_seconds", "on the clock of open hours"),
}
_LEVELS = {
    "p50": (0.5, "half", "Half of the threads"),
    "p90": (0.9, "nine in ten", "Nine in ten threads"),
}

_NO_SPAM = "Spam, by the rule that the source's account tells, is left out."
_KEPT_IN = (
    "Kaplan-Meier: who has none yet, closed or not, stays in as waiting until the end of what was "
    "observed, and there is no value while too few have one. "
)
_CONTRADICTING = "Threads whose times contradict each other are left out."


def _quantiles(
    name: str,
    title: str,
    also_called: str,
    what: str,
    where: str,
    until: str,
    event: str,
    description: str,
) -> Iterator[Metric]:
    """Yield censored quantiles of the hours from opening to an instant, on both clocks."""
    for clock, (function, words) in _CLOCKS.items():
        for level, (quantile, share, threads) in _LEVELS.items():
            yield Metric(
                id=f"cxaudit.message.{name}.{clock}.{level}",
                table="threads",
                kind="censored_quantile",
                where=where,
                value=f"{function}(opened_at, {until}) / 3600",
                event=event,
                quantile=quantile,
                unit="hours",
                lower_is_better=True,
                title=f"{title} of {share}, {words}",
                also_called=(f"{level} of the {also_called}",),
                says=f"{threads} {what} within {{value}} {words} ({{n}} threads).",
                description=description,
            )


def _within() -> Iterator[Metric]:
    for clock, (function, words) in _CLOCKS.items():
        limit = "$reply-hours * 3600"
        yield Metric(
            id=f"cxaudit.message.first-reply.{clock}.within",
            table="threads",
            kind="share",
            where=f"{_OBSERVED} and {_REPLY_FITS} "
            f"and {function}(opened_at, observed_until()) >= {limit}",
            value=f"{function}(opened_at, first_human_reply_at) <= {limit}",
            lower_is_better=False,
            title=f"Threads that a person answered within the promised hours, {words}",
            also_called=("first response SLA",),
            says=f"A person answered {{k}} of {{n}} threads within {{reply-hours}} hours {words}.",
            description=(
                "First reply by a person that the customer sees, at most `reply-hours` after the "
                "opening. Of threads opened at least that long, on the same clock, before the end "
                "of what was observed: a younger one cannot have failed yet, so it does not count "
                "as kept either. Unanswered and closed without a reply count against. "
                f"{_NO_SPAM} {_CONTRADICTING}"
            ),
        )


THREAD_METRICS: tuple[Metric, ...] = (
    *_quantiles(
        "first-reply",
        "First response time (FRT): hours until a person answered",
        "first reply time",
        "had a person's answer",
        f"{_OBSERVED} and {_REPLY_FITS}",
        "least(first_human_reply_at, observed_until())",
        "coalesce(first_human_reply_at <= observed_until(), false)",
        f"From opening to the first reply by a person that the customer sees. {_KEPT_IN}"
        f"{_NO_SPAM} {_CONTRADICTING}",
    ),
    *_within(),
    *_quantiles(
        "first-answer",
        "First answer by anybody: hours until a person or a machine agent answered",
        "first response time, machine agents included",
        "had an answer of a person or a machine agent",
        f"{_OBSERVED} and {_ANSWER_FITS}",
        f"least({_ANSWER}, observed_until())",
        f"coalesce({_ANSWER} <= observed_until(), false)",
        "From opening to the first useful answer, of a person or of a machine agent; an "
        f"acknowledgement or a greeting is none. {_KEPT_IN}{_NO_SPAM} {_CONTRADICTING}",
    ),
    Metric(
        id="cxaudit.message.unanswered",
        table="threads",
        kind="share",
        where=f"{_OBSERVED} and {_ANSWER_FITS} "
        "and seconds_between(opened_at, observed_until()) >= $cutoff-hours * 3600",
        value=f"({_ANSWER} is null and coalesce(handled_by, 'nobody') = 'nobody') "
        f"or seconds_between(opened_at, {_ANSWER}) > $cutoff-hours * 3600",
        lower_is_better=True,
        title="Threads that nobody answered by the cut-off",
        also_called=("non-response rate",),
        says="Nobody, person or machine, answered {k} of {n} threads within {cutoff-hours} hours.",
        description=(
            "No useful answer within `cutoff-hours` of the opening, of a person or of a machine "
            "agent; an acknowledgement or a greeting is none. Closed without one too; a later one "
            "does not mend it. Of threads opened at least that long before the end of what was "
            f"observed. {_NO_SPAM} {_CONTRADICTING}"
        ),
    ),
    Metric(
        id="cxaudit.message.unanswered.by-person",
        table="threads",
        kind="share",
        where=f"{_OBSERVED} and {_REPLY_FITS} "
        "and seconds_between(opened_at, observed_until()) >= $cutoff-hours * 3600",
        value="first_human_reply_at is null "
        "or seconds_between(opened_at, first_human_reply_at) > $cutoff-hours * 3600",
        lower_is_better=True,
        title="Threads that no person answered by the cut-off",
        also_called=("non-response rate",),
        says="{k} of {n} threads had no person's answer within {cutoff-hours} hours: a machine "
        "agent's alone, or none.",
        description=(
            "No reply by a person that the customer sees within `cutoff-hours` of the opening, "
            "closed without a reply too; a later reply does not mend it. Of threads opened at "
            "least that long before the end of what was observed. "
            f"{_NO_SPAM} {_CONTRADICTING}"
        ),
    ),
    *_quantiles(
        "full-resolution",
        "Resolution time (TTR): hours until the matter was settled",
        "full resolution time",
        "were settled",
        f"{_OBSERVED} and {_SETTLED_FITS}",
        f"case when {_OPEN} then observed_until() else {_SETTLED_AT} end",
        f"not ({_OPEN})",
        "From opening to when it was last called solved, else closed; the time that the customer "
        f"let pass counts too. {_KEPT_IN}A thread opened again is not settled. Threads that are "
        f"solved with no time told are left out. {_NO_SPAM} {_CONTRADICTING}",
    ),
    Metric(
        id="cxaudit.message.contradicting-times",
        table="threads",
        kind="count",
        where=f"{_REAL} and not ({_REPLY_FITS} and {_SETTLED_FITS})",
        unit="threads",
        lower_is_better=True,
        title="Threads that end before they begin",
        says="{value} end before they begin, by their times.",
        description=(
            "First reply by a person, or settlement, lies before the opening. Such threads are "
            f"left out of the times that contradict each other. {_NO_SPAM}"
        ),
    ),
    Metric(
        id="cxaudit.message.reopened",
        table="threads",
        kind="share",
        where=f"{_REAL} and reopens is not null and (solved_at is not null or reopens > 0)",
        value="reopens > 0",
        lower_is_better=True,
        title="Reopen rate: solved threads that were opened again",
        says="{k} of {n} solved threads were opened again.",
        description=(
            "Of threads that were solved once, those opened again. A mail that only says thanks "
            f"opens a thread again in most systems, and counts. {_NO_SPAM}"
        ),
    ),
    Metric(
        id="cxaudit.message.backlog.older-than",
        table="threads",
        kind="share",
        where=f"{_OBSERVED} and ({_OPEN})",
        value="seconds_between(opened_at, observed_until()) > $backlog-days * 86400",
        lower_is_better=True,
        title="Backlog: open threads older than promised",
        also_called=("overdue backlog",),
        says="{k} of {n} open threads are older than {backlog-days} days.",
        description=(
            "Opened more than `backlog-days` before the end of what was observed. Of threads "
            f"open then: not solved nor closed, or opened again. {_NO_SPAM}"
        ),
    ),
    Metric(
        id="cxaudit.message.backlog.p90",
        table="threads",
        kind="quantile",
        where=f"{_OBSERVED} and ({_OPEN})",
        value="seconds_between(opened_at, observed_until()) / 86400",
        quantile=0.9,
        unit="days",
        lower_is_better=True,
        title="Backlog: age of nine in ten open threads",
        also_called=("backlog age",),
        says="Nine in ten open threads are at most {value} old ({n} threads).",
        description=(
            "Days since opening, at the end of what was observed. Of threads open then: not "
            f"solved nor closed, or opened again. {_NO_SPAM}"
        ),
    ),
    Metric(
        id="cxaudit.message.backlog.oldest",
        table="threads",
        kind="maximum",
        where=f"{_OBSERVED} and ({_OPEN})",
        value="seconds_between(opened_at, observed_until()) / 86400",
        unit="days",
        lower_is_better=True,
        title="Backlog: age of the oldest open thread",
        also_called=("oldest open ticket",),
        says="The oldest of {n} open threads is {value} old.",
        description=(
            "Days since opening, at the end of what was observed. Of threads open then: not "
            f"solved nor closed, or opened again. {_NO_SPAM}"
        ),
    ),
    Metric(
        id="cxaudit.message.settled-by-first",
        table="threads",
        kind="share",
        where=f"{_OBSERVED} and first_responder is not null and solved_by is not null "
        f"and not ({_OPEN})",
        value="first_responder = solved_by and approval_requested_at is null",
        lower_is_better=False,
        title="Threads settled by the person who answered first, nobody else asked to decide",
        also_called=("resolved by the first responder",),
        says=(
            "{k} of {n} settled threads were settled by the person who answered first, nobody "
            "else asked to decide."
        ),
        description=(
            "Who called it solved is who replied first, and nobody was asked to approve. Of "
            "settled threads in which both are known: one that nobody answered, or that a machine "
            f"closed, is left out. {_NO_SPAM}"
        ),
    ),
    Metric(
        id="cxaudit.message.days-over-capacity",
        table="message_volumes",
        kind="share",
        where="coalesce(is_working_day, true) and open_at_close is not null "
        "and handling_minutes is not null and staffed_hours is not null",
        value="open_at_close * handling_minutes > staffed_hours * 60",
        lower_is_better=True,
        title="Working days that ended with more unanswered messages than a day's staff can answer",
        also_called=("backlog beyond a day's capacity",),
        says=(
            "{k} of {n} working days ended with more unanswered messages than a day's staff "
            "can answer."
        ),
        description=(
            "Messages unanswered at the end of the day, times the mean time that one takes, "
            "exceed the hours staffed that day. Of working days of a queue on which all three "
            "are known; a day that nobody calls a working day or not is one."
        ),
    ),
    Metric(
        id="cxaudit.message.told-in-time",
        table="notices",
        kind="share",
        where="event_at <= observed_until() "
        "and seconds_between(event_at, observed_until()) >= $notice-hours * 3600",
        value="seconds_between(event_at, first_notice_at) <= $notice-hours * 3600",
        lower_is_better=False,
        title="Known events of which customers were told within the set hours",
        says="Customers were told of {k} of {n} events within {notice-hours} hours.",
        description=(
            "First notice at most `notice-hours` after the event was known, or ahead of it; no "
            "notice counts against. Of events known at least that long before the end of what "
            "was observed, each counted once, however many customers it touches."
        ),
    ),
    Metric(
        id="cxaudit.message.answered-within",
        table="replies",
        kind="share",
        where="side = 'customer' "
        "and seconds_between(sent_at, observed_until()) >= $answer-hours * 3600",
        value="seconds_between(sent_at, answered_at) <= $answer-hours * 3600",
        lower_is_better=False,
        title="Messages of customers answered within the set hours",
        also_called=("next reply SLA",),
        says="{k} of {n} messages of customers were answered within {answer-hours} hours.",
        description=(
            "A person on the staff writes in the same thread at most `answer-hours` later, "
            "strictly after the message. Of messages of customers sent at least that long before "
            "the end of what was observed, thanks and good-byes too; messages of machines, "
            "private notes and spam are left out."
        ),
    ),
    Metric(
        id="cxaudit.message.closed-on-question",
        table="conversations",
        kind="share",
        where="closed_at <= observed_until()",
        value="last_speaker = 'customer' and last_customer_asked",
        lower_is_better=True,
        title="Conversations closed although the customer's last message asked something",
        says=(
            "{k} of {n} closed conversations were closed although the customer's last message "
            "asked something."
        ),
        description=(
            "The customer wrote last, and the detector `question` found a question in it. Of "
            "conversations that were closed. The detector goes by words: look at the evidence "
            "before you judge."
        ),
    ),
    Metric(
        id="cxaudit.message.turn-rating.mean",
        table="messages",
        kind="mean",
        value="rating",
        lower_is_better=False,
        title="Mean rating of a message or turn",
        also_called=("customer satisfaction (CSAT) of a message, as a mean",),
        says="Messages and turns were rated {value} on average ({n} ratings).",
        description="On the source's scale. Of messages that were rated, each counted once.",
    ),
    Metric(
        id="cxaudit.message.conversation-rating.mean",
        table="threads",
        kind="mean",
        value="satisfaction",
        lower_is_better=False,
        title="Customer satisfaction (CSAT) as a mean: rating of a conversation",
        also_called=("customer satisfaction score",),
        says="Conversations were rated {value} on average ({n} ratings).",
        description="On the source's scale. Of threads that were rated, each counted once.",
    ),
    Metric(
        id="cxaudit.message.low-rated-turns",
        table="messages",
        kind="share",
        where="rating is not null",
        value="rating < $low-rating",
        lower_is_better=True,
        title="Messages or turns rated low",
        also_called=("dissatisfaction rate (DSAT)",),
        says="{k} of {n} rated messages or turns were rated under {low-rating}.",
        description="Rated under `low-rating`, on the source's scale. Of messages that were rated.",
    ),
)
