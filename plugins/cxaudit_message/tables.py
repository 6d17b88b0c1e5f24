"""Derived tables of written contacts: answers to messages, and the histories of matters."""

from __future__ import annotations

from cxaudit.columns import boolean, key, number, text, time
from cxaudit.plugin import Table
from cxaudit_message.conversation_tables import CONVERSATION_TABLES
from cxaudit_message.handling_tables import HANDLING_TABLES

__all__ = ["TABLES"]

# Customer 9:00, customer 9:05, agent 9:30, agent 9:40: both questions were answered at 9:30, and
# what the agent wrote was not. A machine agent's answer at 9:01 answered the first of them before:
# `answered_by` is machine there, and `answered_at` is still 9:30.
_REPLIES = """
WITH written AS (
    SELECT messages.*,
        CASE author_role
            WHEN 'customer' THEN 'customer' WHEN 'agent' THEN 'staff' ELSE 'machine'
        END AS side
    FROM messages
    ANTI JOIN (SELECT thread_id FROM threads WHERE is_spam OR is_test) AS left_out USING (thread_id)
    WHERE (
            author_role IN ('customer', 'agent') AND NOT coalesce(is_auto, false)
            OR author_role = 'bot' AND NOT coalesce(is_acknowledgement, false)
        )
        AND thread_id IS NOT NULL
        AND sent_at IS NOT NULL
        AND NOT coalesce(is_private, false)
        AND NOT coalesce(is_test, false)
),
answered AS (
    SELECT *,
        CASE side
            WHEN 'customer' THEN min(CASE WHEN side = 'staff' THEN sent_at END) OVER later
            ELSE min(CASE WHEN side = 'customer' THEN sent_at END) OVER later
        END AS answered_at,
        CASE side WHEN 'customer' THEN min(CASE WHEN side = 'machine' THEN sent_at END) OVER later
        END AS machine_answered_at
    FROM written
    -- Groups are messages of one instant, so what was sent at the same time answers nothing.
    WINDOW later AS (
        PARTITION BY thread_id ORDER BY sent_at
        GROUPS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
    )
)
SELECT *,
    CASE
        WHEN side <> 'customer' THEN NULL
        WHEN machine_answered_at < answered_at
            OR machine_answered_at IS NOT NULL AND answered_at IS NULL THEN 'machine'
        WHEN answered_at IS NOT NULL THEN 'person'
        ELSE 'nobody'
    END AS answered_by
FROM answered
WHERE side <> 'machine'
"""

# Queues a, a, b, none, a: the path is "a > b > a", the queue changed twice among two groups, so the
# matter `returned`. Of values such as the priority the last entry's counts, even where it is empty.
_ISSUE_HISTORIES = """
WITH entries AS (
    SELECT *,
        row_number() OVER log AS ordinal,
        queue IS NOT NULL AND queue IS DISTINCT FROM lag(queue IGNORE NULLS) OVER log AS new_queue,
        agent IS NOT NULL AND agent IS DISTINCT FROM lag(agent IGNORE NULLS) OVER log AS new_agent
    FROM issue_events
    ANTI JOIN (SELECT thread_id FROM threads WHERE is_test) AS tests ON thread_id = issue_id
    WHERE issue_id IS NOT NULL
    WINDOW log AS (
        PARTITION BY issue_id ORDER BY "at" NULLS FIRST, position NULLS FIRST, _source, _row
    )
),
histories AS (
    SELECT issue_id,
        min("at") AS first_at,
        max("at") AS last_at,
        count(*) AS events,
        coalesce(arg_max_null(opened_at, ordinal), min("at")) AS opened_at,
        min("at") FILTER (event = 'responded') AS first_response_at,
        min("at") FILTER (event = 'resolved') AS first_resolved_at,
        max("at") FILTER (event = 'closed') AS last_closed_at,
        arg_max_null(resolved_at, ordinal) AS resolved_at,
        arg_max_null(closed_at, ordinal) AS closed_at,
        count(*) FILTER (event = 'waiting') AS waits,
        count(*) FILTER (event = 'told') AS told,
        count(*) FILTER (event = 'heard') AS heard,
        coalesce(max(reopens), count(*) FILTER (event = 'reopened')) AS reopens,
        coalesce(max(reassignments), count(*) FILTER (event = 'reassigned')) AS reassignments,
        nullif(count(DISTINCT queue), 0) AS groups,
        nullif(count(*) FILTER (new_queue), 0) - 1 AS group_changes,
        nullif(count(*) FILTER (new_agent), 0) - 1 AS agent_changes,
        max(tier) AS highest_tier,
        coalesce(
            max(ordinal) FILTER (event IS NULL OR event NOT IN ('resolved', 'closed'))
                > min(ordinal) FILTER (event = 'resolved'),
            false
        ) AS work_after_resolved,
        coalesce(max(ordinal) > min(ordinal) FILTER (event = 'closed'), false) AS after_closed,
        coalesce(bool_or(event = 'closed'), false) AS closed,
        string_agg(queue, ' > ' ORDER BY ordinal) FILTER (new_queue) AS path,
        arg_max_null(agent, ordinal) AS agent,
        arg_max_null(queue, ordinal) AS queue,
        arg_max_null(priority, ordinal) AS priority,
        arg_max_null(category, ordinal) AS category,
        arg_max_null(channel, ordinal) AS channel,
        arg_max_null(in_time, ordinal) AS in_time,
        arg_max_null(unit, ordinal) AS unit,
        arg_max_null(touchpoint, ordinal) AS touchpoint,
        arg_max_null(_source, ordinal) AS _source,
        arg_max_null(_row, ordinal) AS _row,
        arg_max_null(_zone, ordinal) AS _zone
    FROM entries
    GROUP BY issue_id
)
SELECT *, group_changes + 1 > groups AS returned FROM histories
"""

TABLES: tuple[Table, ...] = (
    *CONVERSATION_TABLES,
    *HANDLING_TABLES,
    Table(
        id="replies",
        meaning=(
            "One message that a person wrote and the other side could read, with the other side's "
            "next one. Messages of machines, private notes, spam, mystery contacts, and what "
            "names no thread or time are left out."
        ),
        touchpoint="message",
        time=("sent_at",),
        columns=(
            text("message_id", "Id of the message."),
            text("thread_id", "Id of its thread."),
            key("customer_key", "Key of the customer.", "customer"),
            key("agent", "Who wrote it, when staff.", "staff"),
            text("channel", "Channel."),
            text("side", "Who wrote it: customer or staff."),
            time("sent_at", "When it was sent."),
            time(
                "answered_at",
                "When a person of the other side wrote next in the thread, strictly later; "
                "empty where nobody did.",
            ),
            time(
                "machine_answered_at",
                "Of a customer's message: when a machine agent next wrote what goes into the "
                "matter.",
            ),
            text(
                "answered_by",
                "Of a customer's message: who wrote the next useful answer, person, machine or "
                "nobody.",
            ),
        ),
        select=_REPLIES,
        reads={"messages": ("thread_id", "author_role", "sent_at"), "threads?": ()},
    ),
    Table(
        id="issue_histories",
        meaning=(
            "One matter as its log tells it. Entries are taken in the order of their times, then "
            "of position, then of the file; the row is that of the last entry. Mystery threads "
            "are left out."
        ),
        time=("opened_at",),
        columns=(
            text("issue_id", "Id of the matter."),
            time("first_at", "First entry."),
            time("last_at", "Last entry."),
            number("events", "Entries.", "entries"),
            time(
                "opened_at",
                "When the matter was opened, as the last entry says; else its first entry.",
            ),
            time("first_response_at", "First entry responded."),
            time("first_resolved_at", "First entry resolved."),
            time("last_closed_at", "Last entry closed."),
            time("resolved_at", "When it was settled, as the last entry says."),
            time("closed_at", "When it was closed, as the last entry says."),
            number("waits", "Entries waiting.", "entries"),
            number("told", "Entries told.", "entries"),
            number("heard", "Entries heard.", "entries"),
            number("reopens", "The log's counter at its highest; else entries reopened."),
            number(
                "reassignments",
                "The log's counter at its highest; else entries reassigned.",
            ),
            number("groups", "Different queues; empty where no entry names one."),
            number(
                "group_changes",
                "Times that the queue differs from that of the entry before, entries without a "
                "queue passed over.",
            ),
            boolean("returned", "Whether it came back to an earlier queue."),
            number("agent_changes", "Changes of the person, counted likewise."),
            number("highest_tier", "Highest line of support that had it."),
            boolean(
                "work_after_resolved",
                "Whether an entry other than resolved and closed follows the first resolved.",
            ),
            boolean("after_closed", "Whether any entry follows the first closed."),
            boolean("closed", "Whether an entry closed it."),
            text("path", "Its queues in order, such as 'a > b > a'."),
            key("agent", "Who has it at the last entry.", "staff"),
            text("queue", "Queue at the last entry."),
            text("priority", "Priority at the last entry."),
            text("category", "What it is about, at the last entry."),
            text("channel", "Channel of the first contact, as the last entry says."),
            boolean("in_time", "Whether its promise is held, as the last entry says."),
        ),
        select=_ISSUE_HISTORIES,
        reads={"issue_events": ("issue_id", "at", "event"), "threads?": ()},
    ),
)
