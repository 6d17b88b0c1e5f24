"""Derived table of threads by who answered them: people, machine agents, both or nobody."""

from __future__ import annotations

from cxaudit.columns import HANDLED_BY, boolean, key, number, text, time
from cxaudit.plugin import Table

__all__ = ["HANDLING_TABLES"]

# Customer c writes on Monday, a machine settles it at once, c calls on Wednesday: `returned_at` is
# Wednesday.
_HANDLINGS = """
WITH contacts AS (
    SELECT customer_key, opened_at AS begun_at, 'thread ' || thread_id AS contact
    FROM threads
    WHERE NOT coalesce(is_spam, false) AND NOT coalesce(is_test, false)
    UNION ALL
    SELECT customer_key, min(coalesce(started_at, queued_at, answered_at)), 'call ' || min(call_id)
    FROM calls
    WHERE coalesce(direction, 'in') = 'in' AND NOT coalesce(is_test, false)
    GROUP BY customer_key, coalesce(chain_id, call_id)
),
followed AS (
    SELECT contact, min(begun_at) OVER later AS returned_at
    FROM contacts
    WHERE customer_key IS NOT NULL AND begun_at IS NOT NULL
    -- Groups are contacts of one instant: none of them follows another.
    WINDOW later AS (
        PARTITION BY customer_key ORDER BY begun_at
        GROUPS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
    )
),
people AS (
    SELECT thread_id, min(sent_at) AS reached_at
    FROM messages JOIN threads USING (thread_id)
    WHERE author_role = 'agent' AND sent_at >= person_asked_at
        AND NOT coalesce(is_auto, false) AND NOT coalesce(is_private, false)
    GROUP BY thread_id
),
passed AS (
    SELECT issue_id AS thread_id, count(*) AS passed_on
    FROM handovers JOIN threads ON thread_id = issue_id
    WHERE "at" > handed_over_at AND from_group IS NOT NULL AND to_group IS NOT NULL
        AND from_group <> to_group
    GROUP BY issue_id
),
logged AS (
    -- What calls were put through tells nothing of threads.
    SELECT count(*) > 0 AS handovers FROM handovers WHERE coalesce(channel, '') <> 'phone'
)
SELECT
    threads.thread_id, threads.customer_key, threads.channel, threads.queue, threads.agent,
    threads.team, threads.status, threads.opened_at,
    handled_by_rule AS handled_by,
    least(
        threads.first_reply_at, threads.first_machine_reply_at, threads.first_human_reply_at
    ) AS first_answer_at,
    threads.first_human_reply_at,
    threads.first_machine_reply_at,
    coalesce(
        handled_by_rule IN ('machine', 'both') OR threads.first_machine_reply_at IS NOT NULL
            OR threads.machine_resolved IS NOT NULL OR threads.machine_disclosed IS NOT NULL,
        false
    ) AS by_machine,
    threads.machine_resolved,
    threads.machine_disclosed,
    threads.person_asked_at,
    coalesce(
        people.reached_at,
        CASE WHEN threads.first_human_reply_at >= threads.person_asked_at
            THEN threads.first_human_reply_at END
    ) AS person_reached_at,
    threads.handed_over_at,
    CASE WHEN threads.handed_over_at IS NOT NULL AND logged.handovers
        THEN coalesce(passed.passed_on, 0) > 0 END AS passed_on_again,
    coalesce(
        threads.solved_at, threads.closed_at, threads.first_human_reply_at,
        threads.first_machine_reply_at, threads.first_reply_at
    ) AS settled_at,
    followed.returned_at,
    threads.reopens,
    threads.unit, threads.touchpoint, threads._source, threads._row, threads._zone
FROM threads
CROSS JOIN logged
LEFT JOIN followed ON followed.contact = 'thread ' || threads.thread_id
LEFT JOIN people ON people.thread_id = threads.thread_id
LEFT JOIN passed ON passed.thread_id = threads.thread_id
WHERE NOT coalesce(threads.is_spam, false) AND NOT coalesce(threads.is_test, false)
"""

# Passed on at 10:00, "What happened?" of staff at 10:05: the story had to be told again. The same
# words at 9:50 were before it.
_MACHINE_HANDOVERS = """
WITH spoken AS (
    SELECT DISTINCT thread_id FROM messages WHERE author_role IN ('agent', 'customer')
),
repeated AS (
    SELECT DISTINCT thread_id
    FROM hits
    JOIN messages USING (_source, _row)
    JOIN handlings USING (thread_id)
    WHERE hits.table_name = 'messages' AND regexp_extract(hits.detector, '[^.]+$') = 'told-again'
        AND sent_at >= handed_over_at AND NOT coalesce(is_private, false)
        AND hits.label = CASE author_role WHEN 'customer' THEN 'repeats' ELSE 'asks' END
)
SELECT
    handlings.thread_id, handlings.customer_key, handlings.channel, handlings.queue,
    handlings.agent, handlings.opened_at, handlings.handed_over_at,
    handlings.first_human_reply_at,
    repeated.thread_id IS NOT NULL AS told_again,
    handlings.unit, handlings.touchpoint, handlings._source, handlings._row, handlings._zone
FROM handlings
JOIN spoken ON spoken.thread_id = handlings.thread_id
LEFT JOIN repeated ON repeated.thread_id = handlings.thread_id
WHERE handlings.handed_over_at IS NOT NULL
"""

HANDLING_TABLES: tuple[Table, ...] = (
    Table(
        id="handlings",
        meaning=(
            "One thread with who answered it, a person or a machine agent, and what came of it. "
            "Spam and mystery contacts are left out."
        ),
        key=("thread_id",),
        touchpoint="message",
        time=("opened_at",),
        columns=(
            text("thread_id", "Id of the thread."),
            key("customer_key", "Key of the customer.", "customer"),
            text("channel", "Channel."),
            text("queue", "Queue or group that has it."),
            key("agent", "Who is responsible for it.", "staff"),
            text("team", "Team that has it."),
            text("status", "open, pending, solved or closed."),
            time("opened_at", "When the customer wrote first."),
            text(
                "handled_by",
                "Who gave a useful answer: person, machine, both or nobody; what the source says, "
                "else what the first replies tell.",
            ),
            time("first_answer_at", "First useful answer, of a person or a machine agent."),
            time("first_human_reply_at", "First reply by a person."),
            time("first_machine_reply_at", "First answer of a machine agent."),
            boolean("by_machine", "Whether a machine agent took part, as far as anything tells."),
            boolean("machine_resolved", "Whether the source counts it as resolved by a machine."),
            boolean("machine_disclosed", "Whether the machine's first turn says what it is."),
            time("person_asked_at", "When the customer asked for a person."),
            time("person_reached_at", "When a person wrote next; empty where nobody did."),
            time("handed_over_at", "When a machine agent passed it to people."),
            boolean(
                "passed_on_again",
                "Whether it went on to another group after that; empty without hand-overs.",
            ),
            time("settled_at", "When it was last called solved, else closed, else answered."),
            time(
                "returned_at",
                "When the same customer next opened a thread or called; empty where they did not, "
                "or are not known.",
            ),
            number("reopens", "How often it was opened again.", "times"),
        ),
        select=_HANDLINGS.strip().replace("handled_by_rule", HANDLED_BY),
        reads={
            "threads": ("thread_id", "opened_at", "first_human_reply_at"),
            "messages?": (),
            "calls?": (),
            "handovers?": (),
        },
    ),
    Table(
        id="machine_handovers",
        meaning=(
            "One thread that a machine agent passed to people, of which messages are known, and "
            "whether its story was told again."
        ),
        key=("thread_id",),
        touchpoint="message",
        time=("opened_at",),
        columns=(
            text("thread_id", "Id of the thread."),
            key("customer_key", "Key of the customer.", "customer"),
            text("channel", "Channel."),
            text("queue", "Queue or group that has it."),
            key("agent", "Who is responsible for it.", "staff"),
            time("opened_at", "When the customer wrote first."),
            time("handed_over_at", "When a machine agent passed it to people."),
            time("first_human_reply_at", "First reply by a person."),
            boolean(
                "told_again",
                "Whether after that the customer told the story again, or was asked to, by words.",
            ),
        ),
        select=_MACHINE_HANDOVERS.strip(),
        reads={
            "handlings": (),
            "messages": ("thread_id", "body"),
            "hits": ("cxaudit.told-again?",),
        },
    ),
)
