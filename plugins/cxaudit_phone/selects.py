"""The derived tables that DuckDB makes, as SELECTs over the canonical ones.

All of them take a contact for what it is to the caller: the legs of one call that was put
through are one contact. Only calls that have a leg besides their first are grouped, so that a log
of ten million calls costs one sort.

A sort moves every column that it is given, so windows see few and small ones. `calls` is read
again for each use of its legs: reading a column costs next to nothing, and a copy of all legs
costs as much memory as the table that is made.

Each is there twice: over all calls, and over those alone that bear on some rows (see
`cxaudit.plugin.Table.select_drawn`), which puts their relations in front.
"""

# ruff: noqa: S608 - put together of our own texts alone

from __future__ import annotations

from cxaudit.columns import HANDLED_BY

__all__ = [
    "CALL_CHAINS",
    "CALL_CHAINS_DRAWN",
    "CONTACTS",
    "CONTACTS_DRAWN",
    "MISSED_CALLS",
    "MISSED_CALLS_DRAWN",
    "QUEUE_VISITS",
    "QUEUE_VISITS_DRAWN",
]

_INBOUND = "coalesce(direction, 'in') = 'in' AND NOT coalesce(is_test, false)"
_OFFERED = "outcome IN ('answered', 'abandoned', 'timeout', 'voicemail', 'callback')"
_MISSED = "outcome IN ('voicemail', 'missed', 'abandoned', 'timeout', 'turned-away')"
_TIME = "coalesce(started_at, queued_at, answered_at)"
_CHAIN = "coalesce(chain_id, call_id)"
_HANDLED = """coalesce(handled_by, CASE WHEN outcome = 'answered'
    THEN CASE WHEN handed_over_at IS NULL THEN 'person' ELSE 'both' END
    WHEN machine_resolved THEN 'machine' ELSE 'nobody' END)"""
_HANDLED_TOGETHER = """CASE WHEN bool_or(handled IN ('person', 'both'))
        THEN CASE WHEN bool_or(handled IN ('machine', 'both')) THEN 'both' ELSE 'person' END
        WHEN bool_or(handled = 'machine') THEN 'machine' ELSE 'nobody' END"""

# Of c1 and c2 in chain c1 and of c3 without a chain, c2 says that c1 has several legs: its id is
# not that of its chain. So c1 and c2 are `joined`, and c3 stands alone.
_SEVERAL = f"""several AS (
    SELECT DISTINCT chain_id FROM calls WHERE chain_id <> call_id AND {_INBOUND}
)"""
_JOINED = f"coalesce({_CHAIN} IN (SELECT chain_id FROM several), false) AS joined"

_ORIGIN = "unit, touchpoint, _source, _row, _zone"
_ORIGIN_FIELDS = (
    "'unit': unit, 'touchpoint': touchpoint, '_source': _source, '_row': _row, '_zone': _zone"
)
_ORIGIN_OF = "{0}.unit, {0}.touchpoint, {0}._source, {0}._row, {0}._zone".format
_ORDER = "ORDER BY t, _source, _row"
_LAST = "ORDER BY t DESC NULLS LAST, _source DESC, _row DESC"
_CUSTOMER = "coalesce(identity.customer, customer_key) AS customer_key"

# A row of quay in calls.csv carries one small number through both sorts instead of four texts. The
# files' own numbers are in the order of their names, so they sort as the names do. They are made
# once: numbers that are given again may be others.
_ORIGINS = """origins AS MATERIALIZED (
    SELECT *, CAST(row_number() OVER () AS INTEGER) AS origin,
        CAST(dense_rank() OVER (ORDER BY _source) AS INTEGER) AS file
    FROM (
        SELECT DISTINCT unit, touchpoint, _source, _zone FROM calls
        UNION SELECT DISTINCT unit, touchpoint, _source, _zone FROM threads
    )
)"""

# Ann calls about "bill" at 10:00, writes without a reason at 11:00, calls about "move" at 12:00.
# What came after the first is that of 11:00, and no call: "move" is another matter. After the
# second it is the call of 12:00, as a contact without a reason may be about anything.
CONTACTS = f"""
WITH {_SEVERAL}, {_ORIGINS}, legs AS NOT MATERIALIZED (
    SELECT {_CHAIN} AS chain, customer_key, reason, resolved,
        coalesce(outcome = 'answered', false) AS answered, queue,
        CASE WHEN outcome = 'answered' THEN agent END AS agent, team, {_TIME} AS t,
        {_HANDLED} AS handled, {_ORIGIN}, {_JOINED}
    FROM calls WHERE {_INBOUND} AND ({_OFFERED} OR {_HANDLED} IN ('machine', 'both'))
), chains AS (
    SELECT chain, first({{'customer_key': customer_key, 'reason': reason, 't': t,
        {_ORIGIN_FIELDS}}} {_ORDER}) AS first,
        bool_or(resolved) AS resolved, bool_or(answered) AS answered,
        first({{'queue': queue, 'agent': agent, 'team': team}} {_LAST})
            FILTER (answered) AS who, {_HANDLED_TOGETHER} AS handled
    FROM legs WHERE joined GROUP BY chain
), every_contact AS (
    SELECT chain AS contact_id, customer_key, 'phone' AS channel, reason, resolved, answered,
        queue, agent, team, handled, t, {_ORIGIN}
    FROM legs WHERE NOT joined
    UNION ALL
    SELECT chain, first.customer_key, 'phone', first.reason, resolved, answered, who.queue,
        who.agent, who.team, handled, first.t, {_ORIGIN_OF("first")}
    FROM chains
    UNION ALL
    SELECT thread_id, customer_key, coalesce(channel, touchpoint), category,
        CASE WHEN solved_at IS NOT NULL OR status IN ('solved', 'closed') THEN true
            WHEN status IS NOT NULL THEN false END,
        first_human_reply_at IS NOT NULL OR coalesce(replies, 0) > 0, queue,
        coalesce(first_responder, agent), team, {HANDLED_BY}, opened_at, {_ORIGIN}
    FROM threads WHERE NOT coalesce(is_spam, false) AND NOT coalesce(is_test, false)
), keyed AS (
    SELECT contact.* EXCLUDE (unit, touchpoint, _source, _zone) REPLACE ({_CUSTOMER}), origin, file
    FROM every_contact AS contact LEFT JOIN identity ON identity.key = customer_key
    JOIN origins ON origins.unit IS NOT DISTINCT FROM contact.unit
        AND origins.touchpoint IS NOT DISTINCT FROM contact.touchpoint
        AND origins._source IS NOT DISTINCT FROM contact._source
        AND origins._zone IS NOT DISTINCT FROM contact._zone
    WHERE customer_key IS NOT NULL AND t IS NOT NULL
), timed AS (
    SELECT *, lead(t) OVER w AS t1, lead(channel) OVER w AS channel1, lag(t) OVER w AS before,
        lead(CASE WHEN channel = 'phone' THEN t END IGNORE NULLS) OVER w AS call1,
        lead(CASE WHEN reason IS NULL THEN t END IGNORE NULLS) OVER w AS plain,
        lead(CASE WHEN reason IS NULL THEN {{'name': channel}} END IGNORE NULLS)
            OVER w AS plain_channel,
        lead(CASE WHEN reason IS NULL AND channel = 'phone' THEN t END IGNORE NULLS)
            OVER w AS plain_call
    FROM keyed WINDOW w AS (PARTITION BY customer_key ORDER BY t, file, _row)
), reasoned AS (
    SELECT *, lead(t) OVER v AS same, lead(channel) OVER v AS same_channel,
        lead(CASE WHEN channel = 'phone' THEN t END IGNORE NULLS) OVER v AS same_call
    FROM timed WHERE reason IS NOT NULL
    WINDOW v AS (PARTITION BY customer_key, reason ORDER BY t, file, _row)
), followed AS (
    SELECT * FROM timed WHERE reason IS NULL
    UNION ALL
    SELECT * EXCLUDE (same, same_channel, same_call) REPLACE (least(plain, same) AS t1,
        CASE WHEN same IS NULL OR plain < same THEN plain_channel.name ELSE same_channel END
            AS channel1,
        least(plain_call, same_call) AS call1)
    FROM reasoned
)
SELECT contact_id, customer_key, channel, reason, resolved, answered, queue, agent, team,
    handled AS handled_by, t AS "at",
    t1 AS next_contact_at, channel1 AS next_contact_channel, call1 AS next_call_at,
    epoch(t - before) AS since_last_s, epoch((SELECT "until" FROM observation) - t) AS observed_s,
    {_ORIGIN}
FROM followed JOIN origins USING (origin)
"""
"""What may be on the same matter: the same reason, or none given on one side."""

# Waits of the legs of a chain, each with a queue or without.
_QUEUED = "queue IS NOT NULL OR queued_at IS NOT NULL OR wait_s IS NOT NULL"
_WAITED_UNTIL = """CASE WHEN wait_s BETWEEN 0 AND 1e9
    THEN queued_at + to_microseconds(CAST(round(wait_s * 1e6) AS BIGINT)) END"""
_UNTIL = f"""CASE WHEN outcome = 'answered' THEN coalesce(answered_at, {_WAITED_UNTIL})
    WHEN {_QUEUED} THEN coalesce({_WAITED_UNTIL}, ended_at) ELSE {_TIME} END"""
# None is known where the wait of a leg that was queued is not.
_SUM = """CASE WHEN count_if(queued AND NOT coalesce(wait_s >= 0, false)) = 0
        THEN sum(wait_s) FILTER (queued) END"""

# Ann waits in q1 from 0 to 60, hears an announcement, and waits in q2 from 70 to 85: 85 s. Had q1
# answered at 10 and put her through at 75 (spoken: 65 s) and q2 at 85, she waited 20 s. Times that
# two people spoke to her at once are taken off once: `before` is the latest end so far. Where
# instants are missing, the waits of the legs are added up.
_WAITS = f"""lived AS (
    SELECT chain, queued, wait_s, queued_at, answered, until, talked_until, is_last,
        max(CASE WHEN is_last THEN until END) OVER (PARTITION BY chain) AS final,
        max(CASE WHEN answered THEN talked_until END) OVER (PARTITION BY chain ORDER BY until
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM (
        SELECT chain, queued, wait_s, queued_at, answered, until,
            ended_at AS talked_until,
            row_number() OVER (PARTITION BY chain {_LAST}) = 1 AS is_last
        FROM legs WHERE joined AND offered
    )
), waits AS (
    SELECT chain, CASE WHEN count(*) = 1 THEN first(wait_s)
        WHEN count(until) = count(*) AND count(queued_at) > 0
            AND count_if(queued AND queued_at IS NULL) = 0
            AND count_if(answered AND NOT is_last AND talked_until IS NULL) = 0
            AND epoch(first(final) - min(queued_at)) >= sum(spoken)
        THEN epoch(first(final) - min(queued_at)) - sum(spoken)
        ELSE {_SUM} END AS wait_s
    FROM (
        SELECT *, CASE WHEN answered AND NOT is_last THEN greatest(0, epoch(
            least(talked_until, final) - greatest(until, coalesce(before, until)))) ELSE 0 END
            AS spoken
        FROM lived
    )
    GROUP BY chain
)"""
_LIVED = f"""
        coalesce(first(outcome {_LAST}) FILTER (offered), first(outcome {_LAST})) AS outcome,
        {_HANDLED_TOGETHER} AS handled_by, min(person_asked_at) AS person_asked_at,
        min(handed_over_at) AS handed_over_at,
        min(answered_at) FILTER (answered) AS answered_at,
        bool_and(machine_resolved) AS machine_resolved"""

# Legs: menu, Sales (nobody answers), Billing (Ben), Billing (Cem). The path is "Sales > Billing >
# Billing", and Ann spoke to two; to one, had Ben put her through warmly and told Cem himself.
CALL_CHAINS = f"""
WITH {_SEVERAL}, legs AS NOT MATERIALIZED (
    SELECT {_CHAIN} AS chain, customer_key, reason, {_TIME} AS t, transfers, {_ORIGIN},
        coalesce(outcome = 'answered', false) AS answered, agent, queue, outcome, wait_s,
        coalesce({_OFFERED}, false) AS offered, {_QUEUED} AS queued, queued_at,
        answered_at, ended_at, {_UNTIL} AS until, {_HANDLED} AS handled, person_asked_at,
        handed_over_at, machine_resolved, kind, priority, team,
        coalesce(agent, queue) AS handler,
        CASE WHEN outcome <> 'ivr' THEN coalesce(queue, agent) END AS station,
        coalesce(queue, 'somebody') AS label, {_JOINED}
    FROM calls WHERE {_INBOUND}
), warm AS (
    SELECT issue_id, list(coalesce(to_agent, to_group)) AS met FROM handovers
    WHERE kind = 'warm' GROUP BY issue_id
), {_WAITS}, grouped AS (
    SELECT chain, first({{'customer_key': customer_key, 't': t, {_ORIGIN_FIELDS}}} {_ORDER})
            AS first,
        first(reason {_ORDER}) FILTER (reason IS NOT NULL) AS reason,
        first({{'queue': queue, 'kind': kind, 'priority': priority}} {_ORDER})
            FILTER (queue IS NOT NULL) AS entered,
        first({{'kind': kind, 'priority': priority}} {_ORDER}) AS begun,
        min(queued_at) AS queued_at,
        first({{'agent': agent, 'team': team}} {_LAST}) FILTER (answered) AS who,
        sum(transfers) AS transfers,
        list({{'station': station, 'agent': CASE WHEN answered THEN agent END, 'label': label}}
            {_ORDER})
            FILTER (station IS NOT NULL) AS stations,
        count_if(answered) AS spoken, count_if(answered AND handler IS NULL) AS unknown,
        count(DISTINCT handler) FILTER (answered AND NOT coalesce(
            list_contains(met, agent) OR list_contains(met, queue), false)) AS handlers,{_LIVED}
    FROM legs LEFT JOIN warm ON issue_id = chain
    WHERE joined GROUP BY chain
)
SELECT chain AS chain_id, t AS started_at, queued_at, customer_key, queue, agent, team, kind,
    priority, outcome, wait_s, handled AS handled_by, person_asked_at, handed_over_at,
    CASE WHEN answered THEN answered_at END AS answered_at, machine_resolved,
    CAST(answered AS INTEGER) AS handlers, transfers,
    CASE WHEN station IS NOT NULL THEN label END AS path, reason, {_ORIGIN}
FROM legs WHERE NOT joined
UNION ALL
SELECT chain, first.t, queued_at, first.customer_key, entered.queue, who.agent, who.team,
    coalesce(entered.kind, begun.kind), coalesce(entered.priority, begun.priority), outcome, wait_s,
    handled_by, person_asked_at,
    handed_over_at, answered_at, machine_resolved,
    CASE WHEN unknown = 0 OR spoken < 2 THEN greatest(handlers, least(spoken, 1)) END, transfers,
    array_to_string(list_transform(list_filter(stations, lambda stop, i:
        i = 1 OR stop.station <> stations[i - 1].station
        OR coalesce(stop.agent <> stations[i - 1].agent, false)), lambda stop: stop.label), ' > '),
    reason, {_ORIGIN_OF("first")}
FROM grouped LEFT JOIN waits USING (chain)
"""

# Ann waits in Sales, is let go, waits in Billing, and is put back to Sales: one visit to each, and
# her waits in Sales are added up. A leg without a queue is no visit.
QUEUE_VISITS = f"""
WITH {_SEVERAL}, legs AS NOT MATERIALIZED (
    SELECT {_CHAIN} AS chain, {_TIME} AS t, queue, outcome, wait_s,
        coalesce({_OFFERED}, false) AS offered, {_QUEUED} AS queued, {_ORIGIN}, {_JOINED}
    FROM calls WHERE {_INBOUND} AND queue IS NOT NULL
), grouped AS (
    SELECT chain, queue, first({{'t': t, {_ORIGIN_FIELDS}}} {_ORDER}) AS first,
        coalesce(first(outcome {_LAST}) FILTER (offered), first(outcome {_LAST})) AS outcome,
        {_SUM.replace("queued", "queued AND offered")} AS wait_s
    FROM legs WHERE joined GROUP BY chain, queue
)
SELECT chain AS chain_id, queue, t AS started_at, outcome, wait_s, {_ORIGIN}
FROM legs WHERE NOT joined
UNION ALL
SELECT chain, queue, first.t, outcome, wait_s, {_ORIGIN_OF("first")} FROM grouped
"""

# Ann is missed at 9:00 and 9:10, called in vain at 9:30, and answered at 10:00 when she calls
# again. Both misses were returned at 9:30 and reached at 10:00; the second is marked `again`:
# nobody had spoken to her in between. What was said to her before 9:00, and to Bob, who was never
# missed, is not sorted.
MISSED_CALLS = f"""
WITH {_SEVERAL}, legs AS NOT MATERIALIZED (
    SELECT {_CHAIN} AS chain, call_id, customer_key, {_TIME} AS t, outcome, {_ORIGIN}, {_JOINED}
    FROM calls WHERE {_INBOUND}
), every_miss AS (
    SELECT call_id, customer_key, t, outcome, {_ORIGIN} FROM legs WHERE NOT joined AND {_MISSED}
    UNION ALL
    SELECT last.* FROM (
        SELECT first({{'call_id': call_id, 'customer_key': customer_key, 't': t,
            'outcome': outcome, {_ORIGIN_FIELDS}}} {_LAST}) FILTER ({_MISSED}) AS last
        FROM legs WHERE joined GROUP BY chain
        HAVING count_if(outcome IN ('answered', 'callback')) = 0 AND count_if({_MISSED}) > 0
    )
), missed AS (
    SELECT every_miss.* REPLACE ({_CUSTOMER})
    FROM every_miss LEFT JOIN identity ON identity.key = customer_key
    WHERE t IS NOT NULL AND EXISTS (SELECT 1 FROM calls WHERE direction = 'out')
), spoken AS (
    SELECT customer_key, t, _source, _row FROM legs WHERE NOT joined AND outcome = 'answered'
    UNION ALL
    SELECT who, leg.t, leg._source, leg._row FROM (
        SELECT first(customer_key {_ORDER}) FILTER (customer_key IS NOT NULL) AS who,
            first({{'t': t, '_source': _source, '_row': _row}} {_ORDER})
                FILTER (outcome = 'answered') AS leg
        FROM legs WHERE joined GROUP BY chain
        HAVING count_if(outcome = 'answered') > 0
    )
), after AS (
    SELECT customer_key, {_TIME} AS t, _source, _row,
        {{'t': {_TIME}, 'reached': outcome = 'answered'}} AS attempt,
        outcome = 'answered' AS reaches
    FROM calls WHERE direction = 'out' AND NOT coalesce(is_test, false)
    UNION ALL
    SELECT customer_key, t, _source, _row, NULL, true FROM spoken
), keyed AS (
    SELECT after.* REPLACE ({_CUSTOMER})
    FROM after LEFT JOIN identity ON identity.key = customer_key WHERE t IS NOT NULL
), together AS (
    SELECT *, true AS missed, NULL AS attempt, false AS reaches FROM missed
    UNION ALL BY NAME
    SELECT *, false AS missed FROM keyed
    SEMI JOIN (SELECT customer_key AS who, min(t) AS since FROM missed GROUP BY who)
        ON customer_key = who AND t >= since
), followed AS (
    SELECT *, CASE WHEN customer_key IS NOT NULL THEN lead(attempt IGNORE NULLS) OVER w END AS next,
        CASE WHEN customer_key IS NOT NULL
            THEN lead(CASE WHEN reaches THEN t END IGNORE NULLS) OVER w END AS reached_at
    FROM together WINDOW w AS (PARTITION BY customer_key {_ORDER})
)
SELECT call_id, customer_key, t AS received_at, next.t AS returned_at, next.reached AS reached,
    reached_at, customer_key IS NOT NULL AND row_number() OVER v > 1
        AND lag(reached_at) OVER v IS NOT DISTINCT FROM reached_at AS again,
    outcome, {_ORIGIN}
FROM followed WHERE missed
WINDOW v AS (PARTITION BY customer_key, outcome = 'voicemail' {_ORDER})
"""

# Row 7 of calls.csv is drawn, a leg of a call of Ann. What came before and after it is among the
# calls of which some leg is Ann's, and all their legs are looked at; `calls` is these few rows.
# OFFSET 0 keeps conditions on them from being moved in here: by these the engine would take all
# calls for fewer than the few, and hold all in memory to find them.
_CALLS = f"""calls AS MATERIALIZED (
    SELECT * FROM main.calls SEMI JOIN (
        SELECT _source, _row FROM main.calls WHERE {_CHAIN} IN (SELECT chain FROM chosen)
        UNION SELECT _source, _row FROM _drawn
        UNION {{others}}
    ) USING (_source, _row) OFFSET 0
)"""
_CHOSEN_CHAINS = f"""chosen AS (
    SELECT {_CHAIN} AS chain FROM main.calls SEMI JOIN _drawn USING (_source, _row)
)"""
_CHOSEN_CUSTOMERS = f"""wanted AS (
    SELECT {_CUSTOMER} FROM ({{drawn}}) LEFT JOIN identity ON identity.key = customer_key
), chosen AS (
    SELECT chain FROM (
        SELECT {_CUSTOMER}, chain
        FROM (SELECT customer_key, {_CHAIN} AS chain FROM main.calls)
        LEFT JOIN identity ON identity.key = customer_key
    ) SEMI JOIN wanted USING (customer_key)
)"""
_DRAWN_OF = "SELECT customer_key FROM main.{} SEMI JOIN _drawn USING (_source, _row)".format
_THREADS = """threads AS MATERIALIZED (
    SELECT thread.* FROM main.threads AS thread LEFT JOIN identity ON identity.key = customer_key
    WHERE coalesce(identity.customer, customer_key) IN (SELECT customer_key FROM wanted)
)"""


def _in_front(select: str, *relations: str) -> str:
    return f"\nWITH {', '.join(relations)}, " + select.removeprefix("\nWITH ")


_NOTHING = "SELECT NULL, NULL WHERE false"
CONTACTS_DRAWN = _in_front(
    CONTACTS,
    _CHOSEN_CUSTOMERS.format(drawn=f"{_DRAWN_OF('calls')} UNION {_DRAWN_OF('threads')}"),
    _CALLS.format(others=_NOTHING),
    _THREADS,
)
CALL_CHAINS_DRAWN = _in_front(CALL_CHAINS, _CHOSEN_CHAINS, _CALLS.format(others=_NOTHING))
QUEUE_VISITS_DRAWN = _in_front(QUEUE_VISITS, _CHOSEN_CHAINS, _CALLS.format(others=_NOTHING))
# One outbound call stands for all: without any there are no rows.
MISSED_CALLS_DRAWN = _in_front(
    MISSED_CALLS,
    _CHOSEN_CUSTOMERS.format(drawn=_DRAWN_OF("calls")),
    _CALLS.format(others="(SELECT _source, _row FROM main.calls WHERE direction = 'out' LIMIT 1)"),
)
