"""Canonical tables of telephone contacts and of the work behind them."""

from __future__ import annotations

from cxaudit.columns import boolean, date, key, number, text, time
from cxaudit.plugin import Table

__all__ = ["PHONE_TABLES"]

PHONE_TABLES: tuple[Table, ...] = (
    Table(
        id="calls",
        meaning="One telephone call, or one leg of a call that was put through.",
        key=("call_id",),
        touchpoint="phone",
        time=("started_at", "queued_at", "answered_at"),
        columns=(
            text("call_id", "Id of the call.", required=True),
            text("chain_id", "Id that all legs of one contact share; that of the first leg."),
            key("customer_key", "Key of the caller.", "customer"),
            text("queue", "Queue that the call waited in."),
            key("agent", "Who answered.", "staff"),
            text("team", "Team of whoever answered."),
            text("direction", "in or out."),
            text("kind", "Kind of call or service, in the client's words."),
            number("priority", "Priority in the queue."),
            text(
                "outcome",
                "answered; abandoned (the caller gave up in the queue); timeout (the queue let "
                "go: time, nobody there, a key); turned-away (the queue was full or closed); ivr "
                "(left in the menu); voicemail; callback (asked to be called back); missed (rang, "
                "and nobody answered); busy; failed.",
            ),
            time("started_at", "When it came in, or was dialled."),
            time("queued_at", "When it entered the queue."),
            time("answered_at", "When a person answered."),
            time("ended_at", "When it ended."),
            number("wait_s", "Time in the queue, until answered or left.", "seconds"),
            number("talk_s", "Time with a person, without holds.", "seconds"),
            number("hold_s", "Time on hold.", "seconds"),
            number("wrap_s", "Work after the call.", "seconds"),
            number("ivr_s", "Time in the menu.", "seconds"),
            number("ring_s", "Time that it rang at the agent.", "seconds"),
            number("holds", "How often it was put on hold.", "times"),
            number("longest_hold_s", "Longest time on hold.", "seconds"),
            number("transfers", "How often it was passed on.", "times"),
            text("ended_by", "customer, agent or system."),
            number("position", "Place in the queue on entering it."),
            text("reason", "What the call was about."),
            boolean("resolved", "Whether the matter was settled in it."),
            text(
                "handled_by",
                "Who gave a useful answer: person, machine (a menu or voice bot that settled the "
                "matter), both or nobody. Where it is empty, it follows from the other columns.",
            ),
            time("person_asked_at", "When the caller asked the machine for a person."),
            time("handed_over_at", "When the machine passed the call to people."),
            boolean(
                "machine_resolved",
                "Whether the system counts the matter as settled by its menu or voice bot.",
            ),
            boolean("is_test", "Whether it is a mystery call."),
        ),
    ),
    Table(
        id="call_volumes",
        meaning="Figures of calls in one interval for one unit.",
        touchpoint="phone",
        time=("starts_on",),
        columns=(
            text("period", "Name of the interval."),
            date("starts_on", "First day of the interval."),
            number("offered", "Calls that came.", "calls"),
            number("answered", "Calls answered.", "calls"),
            number("answered_in_target", "Calls answered within the target.", "calls"),
            number("abandoned", "Calls that the caller gave up.", "calls"),
            number("callbacks", "Callers offered a call back.", "calls"),
            number("callbacks_in_target", "Call backs made within the target.", "calls"),
        ),
    ),
    Table(
        id="queue_events",
        meaning="One event of a call in a queue.",
        key=("event_id",),
        touchpoint="phone",
        time=("at",),
        columns=(
            text("event_id", "Id of the event."),
            text("call_id", "Id of the call.", required=True),
            time("at", "When it happened."),
            text(
                "event",
                "entered, connected, abandoned, timeout, turned-away, rang (nobody took it), held, "
                "resumed, transferred, ended.",
            ),
            text("queue", "The queue."),
            key("agent", "Who took part.", "staff"),
            number("wait_s", "Waited until then.", "seconds"),
            number("seconds", "How long what ended here had lasted.", "seconds"),
            number("position", "Place in the queue."),
            text("to_queue", "Queue that it was passed on to."),
            key("to_agent", "Who it was passed on to.", "staff"),
            text("detail", "What else the log says."),
        ),
    ),
    Table(
        id="staffing",
        meaning="One interval of work: of a queue, or of one agent.",
        touchpoint="phone",
        time=("starts_at",),
        columns=(
            time("starts_at", "When the interval begins.", required=True, planned=True),
            number("length_s", "How long it is; half an hour when empty.", "seconds"),
            text("queue", "The queue."),
            key("agent", "The agent, in rows of one agent.", "staff"),
            number("offered", "Calls or visitors that came.", "contacts"),
            number("handling_s", "Mean time that one of them takes.", "seconds"),
            number("staffed", "People at work on it.", "people"),
            number("busy_s", "Time spent handling, all people together.", "seconds"),
            number("available_s", "Time spent ready and waiting for a contact.", "seconds"),
        ),
    ),
)
