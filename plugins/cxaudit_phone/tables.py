"""Derived tables."""

from __future__ import annotations

from cxaudit.columns import boolean, number, text, time
from cxaudit.plugin import Table
from cxaudit_phone.selects import (
    CALL_CHAINS,
    CALL_CHAINS_DRAWN,
    CONTACTS,
    CONTACTS_DRAWN,
    MISSED_CALLS,
    MISSED_CALLS_DRAWN,
    QUEUE_VISITS,
    QUEUE_VISITS_DRAWN,
)

__all__ = ["TABLES"]


_CUSTOMER = text("customer_key", "Key of the customer, over channels by `identity`.", personal=True)

TABLES: tuple[Table, ...] = (
    Table(
        id="contacts",
        meaning=(
            "One contact of a customer who is known by a key, in time order: an inbound call that "
            "reached the queue or that a machine settled, its legs taken together, or a thread "
            "that is no spam."
        ),
        touchpoint="phone",
        time=("at",),
        columns=(
            text("contact_id", "Id of the call, of its chain, or of the thread."),
            _CUSTOMER,
            text("channel", "phone, or the channel of the thread."),
            text("reason", "What it was about; of a chain, what its first leg says."),
            boolean("resolved", "Whether the matter was settled in it."),
            boolean("answered", "Whether a person answered it."),
            text("queue", "Its queue; of several legs, that of the last one answered."),
            text("agent", "Who answered it.", personal=True),
            text("team", "Its team, taken from the same leg."),
            text(
                "handled_by",
                "Who gave a useful answer in it: person, machine, both or nobody, as the record "
                "says or as its times tell.",
            ),
            time("at", "When it came in."),
            time(
                "next_contact_at",
                "When the same customer came next about what may be the same matter: the reason "
                "is the same, or missing on one side.",
            ),
            text("next_contact_channel", "Channel of that contact."),
            time("next_call_at", "When the next such call came."),
            number("since_last_s", "Since the customer's last contact.", "seconds"),
            number("observed_s", "For how long later contacts could be seen.", "seconds"),
        ),
        select=CONTACTS,
        select_drawn=CONTACTS_DRAWN,
        reads={"calls": ("customer_key",), "threads?": (), "identity?": (), "observation": ()},
    ),
    Table(
        id="call_chains",
        meaning=(
            "One inbound call as the caller lived it, with all its legs and queues; a call without "
            "other legs is a chain too."
        ),
        touchpoint="phone",
        time=("started_at",),
        columns=(
            text("chain_id", "Id that its legs share."),
            time("started_at", "When its first leg came in."),
            time("queued_at", "When it entered the first queue."),
            text("customer_key", "Key of the caller.", personal=True),
            text("queue", "The first queue that it came to."),
            text("agent", "Who answered; of several legs, the last one.", personal=True),
            text("team", "The team of that person."),
            text("kind", "Kind of call or service, of the first leg in a queue."),
            number("priority", "Priority there."),
            text(
                "outcome",
                "As of `calls`: that of the last leg that reached a queue or a person; else that "
                "of the last leg.",
                rests_on="calls.outcome",
            ),
            number(
                "wait_s",
                "From entering the first queue until a person answered or the caller left, over "
                "all legs, less what people spoke to the caller in between. Where legs have no "
                "times, their waits added up; empty where one is missing.",
                "seconds",
                rests_on="calls.wait_s",
            ),
            text("handled_by", "Who gave a useful answer: person, machine, both or nobody."),
            time("person_asked_at", "When the caller first asked a machine for a person."),
            time("handed_over_at", "When a machine first passed it to people."),
            time("answered_at", "When a person first answered."),
            boolean(
                "machine_resolved",
                "Whether the system counts the matter as settled by its menu or voice bot.",
            ),
            number(
                "handlers",
                "Different people spoken to, or queues where people are not named. Menu steps, "
                "legs that nobody answered and warm handovers do not count; empty where several "
                "were spoken to and one is not named at all.",
                "people",
                rests_on="calls.chain_id",
            ),
            number("transfers", "How often its legs were passed on.", "times"),
            text(
                "path",
                "Queues in the order in which the caller came to them, one again for each other "
                "person there; `somebody` where there is no name. Menu steps are not shown.",
                rests_on="calls.chain_id",
            ),
            text("reason", "What it was about, as the first leg that says it."),
        ),
        select=CALL_CHAINS,
        select_drawn=CALL_CHAINS_DRAWN,
        reads={"calls": (), "handovers?": ()},
    ),
    Table(
        id="queue_visits",
        meaning=(
            "One inbound call in one queue that it came to, all its legs there taken together."
        ),
        touchpoint="phone",
        time=("started_at",),
        columns=(
            text("chain_id", "Id that the legs of the call share."),
            text("queue", "The queue."),
            time("started_at", "When the call first came to it."),
            text(
                "outcome",
                "As of `calls`: that of its last leg there.",
                rests_on="calls.outcome",
            ),
            number(
                "wait_s",
                "Time in the queue, added up; empty where that of a leg is missing.",
                "seconds",
                rests_on="calls.wait_s",
            ),
        ),
        select=QUEUE_VISITS,
        select_drawn=QUEUE_VISITS_DRAWN,
        reads={"calls": ("queue",)},
    ),
    Table(
        id="missed_calls",
        meaning=(
            "One inbound call that nobody answered, on any of its legs, the call back, and when "
            "the customer was reached. There are no rows when the log holds no outbound call at "
            "all: it cannot tell then."
        ),
        touchpoint="phone",
        time=("received_at",),
        columns=(
            text("call_id", "Id of the call, of its last leg when it has several."),
            _CUSTOMER,
            time("received_at", "When it came in."),
            time("returned_at", "The next outbound call to the same customer."),
            boolean("reached", "Whether the customer answered that."),
            time(
                "reached_at",
                "The next call between the two that was answered, whoever made it.",
            ),
            boolean(
                "again",
                "Whether the same customer had been missed before (for a voicemail: had left one) "
                "and had not been reached since.",
            ),
            text("outcome", "voicemail, missed, abandoned, timeout or turned-away."),
        ),
        select=MISSED_CALLS,
        select_drawn=MISSED_CALLS_DRAWN,
        reads={"calls": ("customer_key", "direction", "outcome"), "identity?": ()},
    ),
    Table(
        id="staffing_needs",
        meaning=(
            "One interval of a queue, and the people that it needed. Empty where figures are "
            "missing, negative or above 100,000 erlangs; rows of single agents are left out."
        ),
        touchpoint="phone",
        time=("starts_at",),
        columns=(
            time("starts_at", "When the interval begins."),
            number("length_s", "How long it is; half an hour when empty.", "seconds"),
            text("queue", "The queue."),
            number("offered", "Calls or visitors that came.", "contacts"),
            number("handling_s", "Mean time that one of them takes.", "seconds"),
            number("staffed", "People at work on it.", "people"),
            number("needed_erlang_c", "Least people when nobody hangs up.", "people"),
            number("needed_erlang_a", "Least people when callers hang up.", "people"),
            number(
                "service_level_erlang_c",
                "Share answered in time by the whole people there, when nobody hangs up.",
            ),
            number(
                "wait_erlang_c_s",
                "Mean wait then; empty where the queue grows without end.",
                "seconds",
            ),
            number("service_level_erlang_a", "Share answered in time when callers hang up."),
            number("abandoned_erlang_a", "Share of callers who hang up then."),
        ),
        derive="cxaudit_phone.staffing.needs:staffing_needs",
        reads={"staffing": ("offered", "handling_s")},
        parameters=("service-level-share", "answer-seconds", "patience-seconds?"),
    ),
)
