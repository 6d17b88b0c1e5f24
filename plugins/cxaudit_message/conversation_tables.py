"""Derived tables of conversations: how each went, and what was promised in writing."""

from __future__ import annotations

from cxaudit.columns import boolean, key, number, text, time
from cxaudit.plugin import Table
from cxaudit_message.speech.detectors import DETECTORS

__all__ = ["CONVERSATION_TABLES"]

_TIMED = ("cxaudit.interruption", "cxaudit.dead-air")
_READ = tuple(
    # Written messages have no places in a recording: then these have nothing to run on.
    f"{detector.id}?" if detector.id in _TIMED else detector.id
    for detector in DETECTORS
)

# A run is what one speaker says until another does: agent, agent, customer, agent are the runs 1,
# 1, 2, 3. A greeting in the agent's second turn (run 3) counts, and whether the customer's last
# (2) asks.
_CONVERSATIONS = r"""
WITH visible AS (
    SELECT *,
        row_number() OVER (
            PARTITION BY thread_id
            ORDER BY position NULLS LAST, sent_at NULLS LAST, start_s NULLS LAST, _source, _row
        ) AS ordinal,
        coalesce(author_role = 'agent' AND NOT coalesce(is_auto, false), false) AS by_agent,
        coalesce(author_role = 'customer', false) AS by_customer,
        coalesce(author_role IN ('bot', 'system') OR is_auto, false) AS by_machine
    FROM messages
    WHERE thread_id IS NOT NULL AND NOT coalesce(is_private, false)
        AND coalesce(author_role, '') <> 'system'
        AND thread_id NOT IN (
            SELECT thread_id FROM messages WHERE is_test AND thread_id IS NOT NULL
            UNION ALL SELECT thread_id FROM threads
            WHERE (is_test OR is_spam) AND thread_id IS NOT NULL
            UNION ALL SELECT call_id FROM calls WHERE is_test AND call_id IS NOT NULL
        )
),
changes AS (
    SELECT *,
        author_role IS DISTINCT FROM
            lag(author_role) OVER (PARTITION BY thread_id ORDER BY ordinal) OR ordinal = 1 AS begins
    FROM visible
),
runs AS (
    SELECT *,
        count_if(begins) OVER (PARTITION BY thread_id ORDER BY ordinal) AS run
    FROM changes
),
kinds AS (
    SELECT _source, _row,
        bool_or(kind = 'greeting') AS greets,
        bool_or(kind = 'thanks') AS thanks,
        bool_or(kind = 'acknowledgement') AS acknowledges,
        bool_or(kind = 'acknowledgement' AND label <> 'later') AS acknowledges_first,
        bool_or(kind = 'question') AS asks,
        bool_or(kind = 'problem') AS tells_problem,
        count_if(kind = 'blame') AS blames,
        string_agg(CASE WHEN kind = 'blame' THEN quote END, ' | ' ORDER BY "start") AS blame_words,
        min(CASE WHEN kind = 'cannot' AND label = 'cannot' THEN "start" END) AS cannot_at,
        min(CASE WHEN kind = 'cannot' AND label = 'can' THEN "start" END) AS can_at,
        count_if(kind = 'interruption') AS interrupts,
        string_agg(CASE WHEN kind = 'interruption' THEN quote END, ' | ') AS cut_words
    FROM (
        SELECT *, regexp_extract(detector, '[^.]+$') AS kind
        FROM hits WHERE table_name = 'messages'
    )
    GROUP BY _source, _row
),
judged AS (
    SELECT runs.*,
        by_agent AND coalesce(greets, false) AS greets,
        by_agent AND coalesce(thanks, false) AS thanks,
        by_agent AND coalesce(acknowledges_first, false) AS acknowledges_first,
        -- More than three words: "Which order was it?" has gaps on both sides of two of them.
        by_agent AND NOT coalesce(greets OR thanks OR acknowledges, false)
            AND regexp_matches(trim(coalesce(body, '')), '\s\S+\s+\S+\s') AS tells,
        by_customer AND coalesce(asks, false) AS asks,
        by_customer AND coalesce(tells_problem, false) AS tells_problem,
        CASE WHEN by_agent THEN coalesce(blames, 0) ELSE 0 END AS blames,
        CASE WHEN by_agent THEN blame_words END AS blame_words,
        -- Message 3, character 40 is at 3000000040: one number that grows through the conversation.
        CASE WHEN by_agent THEN ordinal * 1e9 + cannot_at END AS cannot_at,
        CASE WHEN by_agent THEN ordinal * 1e9 + can_at END AS can_at,
        coalesce(interrupts, 0) AS interrupts,
        cut_words,
        CASE WHEN by_agent THEN dense_rank() OVER (
            PARTITION BY thread_id, by_agent ORDER BY run
        ) END AS agent_turn
    FROM runs LEFT JOIN kinds USING (_source, _row)
),
answers AS (
    SELECT thread_id, min(run) AS run
    FROM judged
    JOIN (
        SELECT thread_id, min(ordinal) AS problem FROM judged WHERE tells_problem GROUP BY thread_id
    ) USING (thread_id)
    WHERE by_agent AND ordinal > problem
    GROUP BY thread_id
),
acknowledged AS (
    -- After "It broke": "I'm sorry. Which order?" acknowledges first, "Which order? I'm sorry" not.
    SELECT thread_id,
        coalesce(
            min(CASE WHEN acknowledges_first THEN ordinal END)
                < coalesce(min(CASE WHEN tells THEN ordinal END), 1e18),
            false
        ) AS acknowledged_first
    FROM judged JOIN answers USING (thread_id, run)
    WHERE by_agent
    GROUP BY thread_id
),
timed AS (
    SELECT thread_id, author_role, start_s, greatest(start_s, coalesce(end_s, start_s)) AS end_s
    FROM visible
    -- A time beyond 115 days is none in a recording.
    WHERE start_s BETWEEN 0 AND 1e7 AND coalesce(end_s, start_s) <= 1e7
),
pieces AS (
    -- Time is not counted twice: 0 to 10 s and 6 to 12 s of one speaker are 10 + 2 s of speech.
    SELECT *,
        max(end_s) OVER (
            PARTITION BY thread_id ORDER BY start_s, end_s
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS speech_until,
        max(end_s) OVER (
            PARTITION BY thread_id, author_role ORDER BY start_s, end_s
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS speaker_until,
        CASE WHEN author_role IN ('agent', 'customer') THEN max(end_s) OVER (
            PARTITION BY thread_id, author_role IN ('agent', 'customer') ORDER BY start_s, end_s
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) END AS both_until
    FROM timed
),
talk AS (
    SELECT thread_id,
        max(greatest(start_s - speech_until, 0)) AS longest_silence_s,
        sum(CASE WHEN author_role = 'agent' THEN
            greatest(end_s - greatest(start_s, coalesce(speaker_until, start_s)), 0) END
        ) AS agent_talk_s,
        sum(CASE WHEN author_role = 'customer' THEN
            greatest(end_s - greatest(start_s, coalesce(speaker_until, start_s)), 0) END
        ) AS customer_talk_s,
        sum(CASE WHEN author_role IN ('agent', 'customer') THEN
            greatest(end_s - greatest(start_s, coalesce(both_until, start_s)), 0) END
        ) AS both_talk_s
    FROM pieces GROUP BY thread_id
),
whole AS (
    SELECT thread_id,
        arg_min(customer_key, ordinal) AS customer_key,
        arg_min(channel, ordinal) AS channel,
        arg_min(CASE WHEN by_agent THEN agent END, ordinal) AS agent,
        count(*) AS messages,
        count_if(by_customer) AS customer_messages,
        count_if(by_agent) AS agent_messages,
        bool_or(greets AND agent_turn <= 2) AS greeted,
        bool_or(thanks) AS thanked,
        sum(blames) AS blaming,
        string_agg(blame_words, ' | ' ORDER BY ordinal) AS blaming_words,
        min(cannot_at) AS cannot_at,
        min(can_at) AS can_at,
        sum(interrupts) AS interruptions,
        string_agg(cut_words, ' | ' ORDER BY ordinal) AS interruption_words,
        max(CASE WHEN NOT by_machine THEN {'ordinal': ordinal, 'role': author_role} END)."role"
            AS last_speaker,
        coalesce(max(run) FILTER (asks) = max(run) FILTER (by_customer), false)
            AS last_customer_asked,
        min(sent_at) AS first_at,
        max(sent_at) AS last_at
    FROM judged GROUP BY thread_id
)
SELECT
    whole.thread_id,
    coalesce(whole.customer_key, threads.customer_key) AS customer_key,
    coalesce(whole.channel, threads.channel) AS channel,
    threads.queue,
    threads.team,
    coalesce(whole.agent, threads.agent) AS agent,
    whole.messages,
    customer_messages,
    agent_messages,
    CASE WHEN agent_messages > 0 THEN greeted END AS greeted,
    CASE WHEN agent_messages > 0 THEN thanked END AS thanked,
    acknowledged_first,
    CASE WHEN agent_messages > 0 THEN blaming END AS blaming,
    blaming_words,
    CASE WHEN cannot_at IS NOT NULL THEN coalesce(cannot_at < can_at, true) END
        AS cannot_before_can,
    CASE WHEN agent_talk_s IS NOT NULL AND customer_talk_s IS NOT NULL THEN interruptions END
        AS interruptions,
    interruption_words,
    longest_silence_s,
    agent_talk_s,
    customer_talk_s,
    greatest(agent_talk_s + customer_talk_s - both_talk_s, 0) AS overlap_s,
    last_speaker,
    CASE WHEN customer_messages > 0 THEN last_customer_asked END AS last_customer_asked,
    coalesce(threads.opened_at, first_at) AS opened_at,
    coalesce(threads.closed_at, threads.solved_at) AS closed_at,
    last_at,
    first.unit, first.touchpoint, first._source, first._row, first._zone
FROM whole
JOIN visible AS first ON first.thread_id = whole.thread_id AND first.ordinal = 1
LEFT JOIN acknowledged ON acknowledged.thread_id = whole.thread_id
LEFT JOIN talk ON talk.thread_id = whole.thread_id
LEFT JOIN threads ON threads.thread_id = whole.thread_id
"""


CONVERSATION_TABLES: tuple[Table, ...] = (
    Table(
        id="conversations",
        meaning=(
            "One conversation, from its messages or turns of speech: a call, a chat, a thread. Its "
            "place is that of its first message. Mystery contacts, spam and private notes are left "
            "out."
        ),
        key=("thread_id",),
        touchpoint="message",
        time=("opened_at",),
        columns=(
            text("thread_id", "Id of the thread or call."),
            key("customer_key", "Key of the customer.", "customer"),
            text("channel", "Channel of the first message that names one."),
            text("queue", "Queue or group of the thread."),
            text("team", "Team of the thread."),
            key("agent", "The first member of staff who speaks.", "staff"),
            number("messages", "Messages or turns, of machines too.", "messages"),
            number("customer_messages", "Of the customer.", "messages"),
            number("agent_messages", "Of people of the organisation.", "messages"),
            boolean("greeted", "Whether the agent greets in one of their first two turns."),
            boolean("thanked", "Whether the agent thanks."),
            boolean(
                "acknowledged_first",
                "Whether the agent's first turn after the customer told of a problem names what "
                "the customer feels or suffered before it tells or asks anything; null when no "
                "problem was told or nobody answered.",
            ),
            number("blaming", "Sentences of the agent that blame or lecture.", "hits"),
            text("blaming_words", "Those sentences."),
            boolean(
                "cannot_before_can",
                "Whether the agent says what cannot be done before anything that can; null when "
                "nothing cannot be done.",
            ),
            number(
                "interruptions",
                "Times that the agent cut the customer short; null without times of both.",
                "times",
            ),
            text("interruption_words", "The words of both."),
            number("longest_silence_s", "Longest time in which nobody speaks.", "seconds"),
            number("agent_talk_s", "Time in which the agent speaks.", "seconds"),
            number("customer_talk_s", "Time in which the customer speaks.", "seconds"),
            number("overlap_s", "Time in which both speak.", "seconds"),
            text("last_speaker", "Role of who spoke last, machines left out."),
            boolean("last_customer_asked", "Whether the customer's last turn asks something."),
            time("opened_at", "When it was opened, or its first message sent."),
            time("closed_at", "When its thread was closed, or else solved."),
            time("last_at", "When its last message was sent."),
        ),
        select=_CONVERSATIONS.strip(),
        reads={
            "messages": ("thread_id", "author_role", "body"),
            "threads?": (),
            "calls?": (),
            "hits": _READ,
        },
    ),
    Table(
        id="written_promises",
        meaning=(
            "One promise found in a message that the organisation wrote; speech, mystery contacts "
            "and messages without a time are left out. Its place is that of the message."
        ),
        key=("promise_id",),
        touchpoint="message",
        time=("promised_at",),
        columns=(
            text("promise_id", "Id of the message, and the promise's number in it."),
            text("thread_id", "Id of the thread."),
            text("channel", "Channel of the message."),
            key("agent", "Who promised.", "staff"),
            text("kind", "callback, reply, refund, delivery, visit, repair or processing."),
            text("what", "The sentence."),
            text("due_words", "The words that say when."),
            time("promised_at", "When the message was sent."),
            time("due_at", "When it falls due; null when no date can be read.", planned=True),
            time("kept_at", "When it was kept, as far as the thread tells."),
            boolean("kept", "Whether it was kept in time; null when that is not known."),
            boolean("is_auto", "Whether a machine wrote it."),
        ),
        derive="cxaudit_message.speech.written_promises:derive",
        reads={"messages": ("thread_id", "author_role", "body", "sent_at"), "threads?": ()},
    ),
)
