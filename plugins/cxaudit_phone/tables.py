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
)

__all__ = ["TABLES"]


_CUSTOMER = text("customer_key", "Key of the customer, over channels by `identity`.", personal=True)

TABLES: tuple[Table, ...] = (
    Table(
        id="contacts",
        meaning=(
            "One contact of a customer who is known by a key, in time order: an inbound call that "
            "reached the queue, its legs taken together, or a thread that is no spam."
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
        meaning="One inbound call with all its legs; a call without other legs is a chain too.",
        touchpoint="phone",
        time=("started_at",),
        columns=(
            text("chain_id", "Id that its legs share."),
            time("started_at", "When its first leg came in."),
            text("customer_key", "Key of the caller.", personal=True),
            number(
                "handlers",
                "Different people spoken to, or queues where people are not named. Menu steps, "
                "legs that nobody answered and warm handovers do not count; empty where several "
                "were spoken to and one is not named at all.",
                "people",
            ),
            number("transfers", "How often its legs were passed on.", "times"),
            text(
                "path",
                "Queues in the order in which the caller came to them, one again for each other "
                "person there; `somebody` where there is no name. Menu steps are not shown.",
            ),
            text("reason", "What it was about, as the first leg that says it."),
        ),
        select=CALL_CHAINS,
        select_drawn=CALL_CHAINS_DRAWN,
        reads={"calls": ("chain_id",), "handovers?": ()},
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
            text("outcome", "voicemail, missed, abandoned or timeout."),
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
