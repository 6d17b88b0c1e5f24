"""Metrics of machine agents in written contacts: who answered, and what came of it."""

from __future__ import annotations

from cxaudit.plugin import Metric

__all__ = ["MACHINE_METRICS"]

_SEEN = "opened_at <= observed_until()"
_BY_MACHINE = f"{_SEEN} and by_machine"
_ALONE = (
    "handled_by = 'machine' and handed_over_at is null and first_human_reply_at is null "
    "and coalesce(person_reached_at is null, true)"
)
"""Whether no person wrote and the machine passed it to nobody."""
_OLD_ENOUGH = (
    "customer_key is not null "
    "and seconds_between(settled_at, observed_until()) >= $return-days * 86400"
)
_BACK = (
    "(coalesce(reopens, 0) > 0 "
    "or coalesce(seconds_between(settled_at, returned_at) <= $return-days * 86400, false))"
)
"""Whether the customer came back: in the same thread, in another, or by phone."""

_OF_MACHINE = "Of threads in which a machine agent took part, as far as the source tells."
_BACK_MEANS = (
    "Back is: the thread was opened again, or the same customer opened another or called at most "
    "`return-days` after it was settled (solved, else closed, else last answered)"
)
_OLD = (
    "with a key of the customer and settled at least that long before the end of what was observed."
)


def _share(
    name: str,
    title: str,
    says: str,
    description: str,
    *,
    where: str,
    value: str,
    lower_is_better: bool | None,
    also_called: tuple[str, ...] = (),
    table: str = "handlings",
) -> Metric:
    return Metric(
        id=f"cxaudit.message.{name}",
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


MACHINE_METRICS: tuple[Metric, ...] = (
    *(
        _share(
            f"handled.by-{who}",
            f"Threads answered by {words}",
            f"{{k}} of {{n}} threads were answered by {words}.",
            f"`handled_by` is {who}: {meaning}. Of all threads opened until the end of what was "
            "observed, however young.",
            where=_SEEN,
            value=f"handled_by = '{who}'",
            lower_is_better=None,
            also_called=also_called,
        )
        for who, words, meaning, also_called in (
            ("machine", "a machine agent alone", "no person wrote", ("automation rate",)),
            ("person", "people alone", "no machine agent gave a useful answer", ()),
            ("both", "a machine agent and people", "both gave a useful answer", ()),
        )
    ),
    _share(
        "contained",
        "Containment: threads of a machine agent that no person took up",
        "{k} of {n} threads with a machine agent stayed with it: no person wrote.",
        f"A machine agent answered, passed it to nobody, and no person wrote. {_OF_MACHINE} It "
        "does "
        "not say that the matter was settled: who gave up is contained as well.",
        where=_BY_MACHINE,
        value=_ALONE,
        lower_is_better=None,
        also_called=("containment rate", "deflection rate"),
    ),
    _share(
        "contained.not-back",
        "Containment that lasted: no person took it up, and the customer did not come back",
        "{k} of {n} threads with a machine agent needed no person, and the customer was not back "
        "within {return-days} days.",
        f"Contained, and the customer was not back. {_BACK_MEANS}. {_OF_MACHINE[:-1]}, {_OLD} "
        "Another "
        "matter of the same customer counts as coming back.",
        where=f"{_BY_MACHINE} and {_OLD_ENOUGH}",
        value=f"{_ALONE} and not {_BACK}",
        lower_is_better=False,
        also_called=("true resolution rate",),
    ),
    _share(
        "person-reached",
        "Customers who asked for a person and reached one in the promised time",
        "{k} of {n} customers who asked a machine agent for a person reached one within "
        "{person-minutes} minutes.",
        "A person wrote at most `person-minutes` after the customer asked a machine agent for "
        "one. Of "
        "threads in which a customer asked, at least that long before the end of what was "
        "observed; whom nobody wrote to counts against.",
        where=f"{_SEEN} and seconds_between(person_asked_at, observed_until()) "
        ">= $person-minutes * 60",
        value="seconds_between(person_asked_at, person_reached_at) <= $person-minutes * 60",
        lower_is_better=False,
        also_called=("escalation to a human on request",),
    ),
    _share(
        "handed-over",
        "Threads that a machine agent handed over to people",
        "{k} of {n} threads with a machine agent were handed over to people.",
        f"The source tells a hand-over, or the machine agent's words do. {_OF_MACHINE}",
        where=_BY_MACHINE,
        value="handed_over_at is not null",
        lower_is_better=None,
        also_called=("escalation rate", "handoff rate"),
    ),
    _share(
        "handed-over.wrong",
        "Wrong hand-overs: threads that went on to another group after the hand-over",
        "{k} of {n} threads that a machine agent handed over had to go on to another group after "
        "that.",
        "After the hand-over the thread changed its group once more. Of threads that a machine "
        "agent "
        "passed to people, where hand-overs between groups are known.",
        where=f"{_SEEN} and handed_over_at is not null and passed_on_again is not null",
        value="passed_on_again",
        lower_is_better=True,
        also_called=("misrouted escalations",),
    ),
    _share(
        "handed-over.unanswered",
        "Threads handed over by a machine agent that no person answered in the set hours",
        "{k} of {n} threads that a machine agent handed over had no person's answer within "
        "{hand-over-hours} hours.",
        "No reply by a person within `hand-over-hours` of the hand-over. Of threads handed over at "
        "least "
        "that long before the end of what was observed.",
        where=f"{_SEEN} and seconds_between(handed_over_at, observed_until()) "
        ">= $hand-over-hours * 3600",
        value="first_human_reply_at is null "
        "or seconds_between(handed_over_at, first_human_reply_at) > $hand-over-hours * 3600",
        lower_is_better=True,
        also_called=("lost escalations",),
    ),
    _share(
        "handed-over.told-again",
        "Hand-overs after which the customer told the story again",
        "After {k} of {n} hand-overs the customer told the story again, or was asked to.",
        "After the hand-over the detector `told-again` found the customer's words that repeat, or "
        "words of staff that ask what it is about. Of threads that a machine agent passed to "
        "people, "
        "in which a person wrote and messages are known. It goes by words: look at the quotes.",
        where=f"{_SEEN} and first_human_reply_at >= handed_over_at",
        value="told_again",
        table="machine_handovers",
        lower_is_better=True,
        also_called=("repeat information after handoff",),
    ),
    _share(
        "machine-disclosed",
        "Machine agents that say at the first turn what they are",
        "In {k} of {n} threads the machine agent said at its first turn that it is a machine.",
        "Its first message says that a machine, bot or assistant that is none writes, by its "
        "words or "
        "the source's field. Of threads in which a machine agent wrote. A sign beside the window "
        "is "
        "not in the words: look at it.",
        where=f"{_SEEN} and machine_disclosed is not null",
        value="machine_disclosed",
        lower_is_better=False,
        also_called=("AI disclosure",),
    ),
    _share(
        "machine-resolved.by-vendor",
        "Resolved by the machine agent, as its vendor counts",
        "Its vendor counts {k} of {n} threads as resolved by the machine agent.",
        "`machine_resolved`, as the source tells it; many vendors count a customer who goes "
        "silent. Of "
        "threads for which the source tells it.",
        where=f"{_SEEN} and machine_resolved is not null",
        value="machine_resolved",
        lower_is_better=None,
        also_called=("automated resolutions", "resolution rate of an AI agent"),
    ),
    _share(
        "machine-resolved.by-return",
        "Resolved by the machine agent, as the customer's return counts",
        "{k} of {n} threads that count as resolved by a machine agent stayed so: the customer was "
        "not back within {return-days} days.",
        f"The customer was not back. {_BACK_MEANS}. Of threads that the source counts as "
        "resolved by "
        f"its machine agent, {_OLD}",
        where=f"{_SEEN} and machine_resolved and {_OLD_ENOUGH}",
        value=f"not {_BACK}",
        lower_is_better=False,
        also_called=("verified resolutions",),
    ),
    Metric(
        id="cxaudit.message.answered-within.by-anybody",
        table="replies",
        kind="share",
        where="side = 'customer' "
        "and seconds_between(sent_at, observed_until()) >= $answer-hours * 3600",
        value="seconds_between(sent_at, least(answered_at, machine_answered_at)) "
        "<= $answer-hours * 3600",
        lower_is_better=False,
        title="Messages of customers answered by a person or a machine within the set hours",
        also_called=("next reply SLA, machine agents included",),
        says="{k} of {n} messages of customers were answered by a person or a machine within "
        "{answer-hours} hours.",
        description=(
            "A person or a machine agent writes what goes into the matter, at most `answer-hours` "
            "later in the same thread. Of messages of customers sent at least that long before the "
            "end of what was observed."
        ),
    ),
)
