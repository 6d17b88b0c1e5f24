"""Derived tables of written contacts: answers to messages, and the histories of matters."""

from __future__ import annotations

from cxaudit.plugin import Column, Table
from cxaudit_message.conversation_tables import CONVERSATION_TABLES

__all__ = ["TABLES"]

_REPLIES = """
WITH written AS (
    SELECT messages.*,
        CASE author_role WHEN 'customer' THEN 'customer' ELSE 'staff' END AS side
    FROM messages
    ANTI JOIN (SELECT thread_id FROM threads WHERE is_spam OR is_test) AS apart USING (thread_id)
    WHERE author_role IN ('customer', 'agent')
        AND thread_id IS NOT NULL
        AND sent_at IS NOT NULL
        AND NOT coalesce(is_auto, false)
        AND NOT coalesce(is_private, false)
        AND NOT coalesce(is_test, false)
)
SELECT *,
    CASE side
        WHEN 'customer' THEN min(CASE WHEN side = 'staff' THEN sent_at END) OVER later
        ELSE min(CASE WHEN side = 'customer' THEN sent_at END) OVER later
    END AS answered_at
FROM written
-- Groups are messages of one instant, so what was sent at the same time answers nothing.
WINDOW later AS (
    PARTITION BY thread_id ORDER BY sent_at GROUPS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
)
"""

_ISSUE_HISTORIES = """
WITH placed AS (
    SELECT *,
        row_number() OVER log AS place,
        queue IS NOT NULL AND queue IS DISTINCT FROM lag(queue IGNORE NULLS) OVER log AS new_queue,
        agent IS NOT NULL AND agent IS DISTINCT FROM lag(agent IGNORE NULLS) OVER log AS new_agent
    FROM issue_events
    ANTI JOIN (SELECT thread_id FROM threads WHERE is_test) AS tests ON thread_id = issue_id
    WHERE issue_id IS NOT NULL
    WINDOW log AS (
        PARTITION BY issue_id ORDER BY "at" NULLS FIRST, position NULLS FIRST, _source, _row
    )
),
told AS (
    SELECT issue_id,
        min("at") AS first_at,
        max("at") AS last_at,
        count(*) AS events,
        coalesce(arg_max_null(opened_at, place), min("at")) AS opened_at,
        min("at") FILTER (event = 'responded') AS first_response_at,
        min("at") FILTER (event = 'resolved') AS first_resolved_at,
        max("at") FILTER (event = 'closed') AS last_closed_at,
        arg_max_null(resolved_at, place) AS resolved_at,
        arg_max_null(closed_at, place) AS closed_at,
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
            max(place) FILTER (event IS NULL OR event NOT IN ('resolved', 'closed'))
                > min(place) FILTER (event = 'resolved'),
            false
        ) AS work_after_resolved,
        coalesce(max(place) > min(place) FILTER (event = 'closed'), false) AS after_closed,
        coalesce(bool_or(event = 'closed'), false) AS closed,
        string_agg(queue, ' > ' ORDER BY place) FILTER (new_queue) AS path,
        arg_max_null(agent, place) AS agent,
        arg_max_null(queue, place) AS queue,
        arg_max_null(priority, place) AS priority,
        arg_max_null(category, place) AS category,
        arg_max_null(channel, place) AS channel,
        arg_max_null(in_time, place) AS in_time,
        arg_max_null(unit, place) AS unit,
        arg_max_null(touchpoint, place) AS touchpoint,
        arg_max_null(_source, place) AS _source,
        arg_max_null(_row, place) AS _row,
        arg_max_null(_zone, place) AS _zone
    FROM placed
    GROUP BY issue_id
)
SELECT *, group_changes + 1 > groups AS returned FROM told
"""


def _column(name: str, kind: str, meaning: str, unit: str = "") -> Column:
    return Column(name=name, type=kind, meaning=meaning, unit=unit)


def _agent(meaning: str) -> Column:
    return Column(name="agent", type="text", meaning=meaning, personal=True, identifies="staff")


_CUSTOMER = Column(
    name="customer_key",
    type="text",
    meaning="Key of the customer.",
    personal=True,
    identifies="customer",
)

TABLES: tuple[Table, ...] = (
    *CONVERSATION_TABLES,
    Table(
        id="replies",
        meaning=(
            "One message that a person wrote and the other side could read, with the other side's "
            "next one. Messages of machines, private notes, spam, mystery contacts, and what "
            "names no thread or time are left out."
        ),
        touchpoint="message",
        columns=(
            _column("message_id", "text", "Id of the message."),
            _column("thread_id", "text", "Id of its thread."),
            _CUSTOMER,
            _agent("Who wrote it, when staff."),
            _column("channel", "text", "Channel."),
            _column("side", "text", "Who wrote it: customer or staff."),
            _column("sent_at", "time", "When it was sent."),
            _column(
                "answered_at",
                "time",
                "When a person of the other side wrote next in the thread, strictly later; "
                "empty where nobody did.",
            ),
        ),
        select={"cxaudit.duckdb": _REPLIES},
        reads={"messages": ("thread_id", "author_role", "sent_at"), "threads?": ()},
    ),
    Table(
        id="issue_histories",
        meaning=(
            "One matter as its log tells it. Entries are taken in the order of their times, then "
            "of position, then of the file; the row is that of the last entry. Mystery threads "
            "are left out."
        ),
        columns=(
            _column("issue_id", "text", "Id of the matter."),
            _column("first_at", "time", "First entry."),
            _column("last_at", "time", "Last entry."),
            _column("events", "number", "Entries.", "entries"),
            _column(
                "opened_at",
                "time",
                "When the matter was opened, as the last entry says; else its first entry.",
            ),
            _column("first_response_at", "time", "First entry responded."),
            _column("first_resolved_at", "time", "First entry resolved."),
            _column("last_closed_at", "time", "Last entry closed."),
            _column("resolved_at", "time", "When it was settled, as the last entry says."),
            _column("closed_at", "time", "When it was closed, as the last entry says."),
            _column("waits", "number", "Entries waiting.", "entries"),
            _column("told", "number", "Entries told.", "entries"),
            _column("heard", "number", "Entries heard.", "entries"),
            _column(
                "reopens", "number", "The log's counter at its highest; else entries reopened."
            ),
            _column(
                "reassignments",
                "number",
                "The log's counter at its highest; else entries reassigned.",
            ),
            _column("groups", "number", "Different queues; empty where no entry names one."),
            _column(
                "group_changes",
                "number",
                "Times that the queue differs from that of the entry before, entries without a "
                "queue passed over.",
            ),
            _column("returned", "boolean", "Whether it came back to an earlier queue."),
            _column("agent_changes", "number", "Changes of the person, counted likewise."),
            _column("highest_tier", "number", "Highest line of support that had it."),
            _column(
                "work_after_resolved",
                "boolean",
                "Whether an entry other than resolved and closed follows the first resolved.",
            ),
            _column("after_closed", "boolean", "Whether any entry follows the first closed."),
            _column("closed", "boolean", "Whether an entry closed it."),
            _column("path", "text", "Its queues in order, such as 'a > b > a'."),
            _agent("Who has it at the last entry."),
            _column("queue", "text", "Queue at the last entry."),
            _column("priority", "text", "Priority at the last entry."),
            _column("category", "text", "What it is about, at the last entry."),
            _column("channel", "text", "Channel of the first contact, as the last entry says."),
            _column("in_time", "boolean", "Whether its promise is held, as the last entry says."),
        ),
        select={"cxaudit.duckdb": _ISSUE_HISTORIES},
        reads={"issue_events": ("issue_id", "at", "event"), "threads?": ()},
    ),
)
