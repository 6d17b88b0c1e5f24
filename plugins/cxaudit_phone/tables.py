"""Derived tables."""

from __future__ import annotations

from cxaudit.plugin import Column, Table
from cxaudit_phone.selects import CALL_CHAINS, CONTACTS, MISSED_CALLS

__all__ = ["TABLES"]

_ENGINE = "cxaudit.duckdb"


def _column(
    name: str, kind: str, meaning: str, unit: str = "", *, personal: bool = False
) -> Column:
    return Column(name=name, type=kind, meaning=meaning, unit=unit, personal=personal)


_CUSTOMER = _column(
    "customer_key", "text", "Key of the customer, over channels by `identity`.", personal=True
)

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
            _column("contact_id", "text", "Id of the call, of its chain, or of the thread."),
            _CUSTOMER,
            _column("channel", "text", "phone, or the channel of the thread."),
            _column("reason", "text", "What it was about; of a chain, what its first leg says."),
            _column("resolved", "boolean", "Whether the matter was settled in it."),
            _column("answered", "boolean", "Whether a person answered it."),
            _column("queue", "text", "Its queue; of several legs, that of the last one answered."),
            _column("agent", "text", "Who answered it.", personal=True),
            _column("team", "text", "Its team, taken from the same leg."),
            _column("at", "time", "When it came in."),
            _column(
                "next_contact_at",
                "time",
                "When the same customer came next about what may be the same matter: the reason "
                "is the same, or missing on one side.",
            ),
            _column("next_contact_channel", "text", "Channel of that contact."),
            _column("next_call_at", "time", "When the next such call came."),
            _column("since_last_s", "number", "Since the customer's last contact.", "seconds"),
            _column(
                "observed_s", "number", "For how long later contacts could be seen.", "seconds"
            ),
        ),
        select={_ENGINE: CONTACTS},
        reads={"calls": ("customer_key",), "threads?": (), "identity?": (), "observation": ()},
    ),
    Table(
        id="call_chains",
        meaning="One inbound call with all its legs; a call without other legs is a chain too.",
        touchpoint="phone",
        time=("started_at",),
        columns=(
            _column("chain_id", "text", "Id that its legs share."),
            _column("started_at", "time", "When its first leg came in."),
            _column("customer_key", "text", "Key of the caller.", personal=True),
            _column(
                "handlers",
                "number",
                "Different people spoken to, or queues where people are not named. Menu steps, "
                "legs that nobody answered and warm handovers do not count; empty where several "
                "were spoken to and one is not named at all.",
                "people",
            ),
            _column("transfers", "number", "How often its legs were passed on.", "times"),
            _column(
                "path",
                "text",
                "Queues in the order in which the caller came to them, one again for each other "
                "person there; `somebody` where there is no name. Menu steps are not shown.",
            ),
            _column("reason", "text", "What it was about, as the first leg that says it."),
        ),
        select={_ENGINE: CALL_CHAINS},
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
            _column("call_id", "text", "Id of the call, of its last leg when it has several."),
            _CUSTOMER,
            _column("received_at", "time", "When it came in."),
            _column("returned_at", "time", "The next outbound call to the same customer."),
            _column("reached", "boolean", "Whether the customer answered that."),
            _column(
                "reached_at",
                "time",
                "The next call between the two that was answered, whoever made it.",
            ),
            _column(
                "again",
                "boolean",
                "Whether the same customer had been missed before (for a voicemail: had left one) "
                "and had not been reached since.",
            ),
            _column("outcome", "text", "voicemail, missed, abandoned or timeout."),
        ),
        select={_ENGINE: MISSED_CALLS},
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
            _column("starts_at", "time", "When the interval begins."),
            _column("length_s", "number", "How long it is; half an hour when empty.", "seconds"),
            _column("queue", "text", "The queue."),
            _column("offered", "number", "Calls or visitors that came.", "contacts"),
            _column("handling_s", "number", "Mean time that one of them takes.", "seconds"),
            _column("staffed", "number", "People at work on it.", "people"),
            _column("needed_erlang_c", "number", "Least people when nobody hangs up.", "people"),
            _column("needed_erlang_a", "number", "Least people when callers hang up.", "people"),
            _column(
                "service_level_erlang_c",
                "number",
                "Share answered in time by the whole people there, when nobody hangs up.",
            ),
            _column(
                "wait_erlang_c_s",
                "number",
                "Mean wait then; empty where the queue grows without end.",
                "seconds",
            ),
            _column(
                "service_level_erlang_a", "number", "Share answered in time when callers hang up."
            ),
            _column("abandoned_erlang_a", "number", "Share of callers who hang up then."),
        ),
        derive="cxaudit_phone.staffing.needs:staffing_needs",
        reads={"staffing": ("offered", "handling_s")},
        parameters=("service-level-share", "answer-seconds", "patience-seconds?"),
    ),
)
