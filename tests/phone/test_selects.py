"""The derived tables equal plain loops over random logs, in which much is missing or repeated."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import duckdb
import pytest

from cxaudit._builtin.tables import TABLES as CANONICAL
from cxaudit._engines.duckdb.loading import table_columns
from cxaudit_phone.tables import TABLES

OFFERED = {"answered", "abandoned", "timeout", "voicemail", "callback"}
MISSED = {"voicemail", "missed", "abandoned", "timeout", "turned-away"}
START = datetime(2026, 3, 1)  # noqa: DTZ001 - engines keep UTC without saying so
YES_NO, NO = (True, False), (False,)
UNTIL = START + timedelta(days=40)


def some(draw, *values):
    return draw.choice(values)


def origin(draw, *files):
    return {
        "unit": some(draw, None, "quay", "mall"),
        "touchpoint": some(draw, "phone", "message"),
        "_source": some(draw, *files),
        "_zone": some(draw, "Europe/Paris", "UTC"),
    }


ORIGIN = ("unit", "touchpoint", "_source", "_row", "_zone")


def origin_of(row):
    return tuple(row[column] for column in ORIGIN)


def log(seed):
    draw = random.Random(seed)
    calls = []
    for number in range(60):
        first = draw.randrange(number + 1)
        started = some(draw, None, *(START + timedelta(hours=draw.randrange(90)),) * 9)
        clock = [(started or START) + timedelta(seconds=draw.randrange(900)) for _ in range(3)]
        calls.append(
            {
                "call_id": f"c{number:02}",
                "chain_id": some(draw, None, f"c{number:02}", f"c{first:02}", "elsewhere"),
                "customer_key": some(draw, None, "a", "b", "c", "d"),
                "reason": some(draw, None, None, "bill", "move"),
                "queue": some(draw, None, "q1", "q2"),
                "agent": some(draw, None, "p1", "p2", "p3"),
                "direction": some(draw, None, "in", "in", "out"),
                "outcome": some(
                    draw, None, *sorted(OFFERED), "answered", "ivr", "missed", "turned-away"
                ),
                # Many calls of one instant, so that files and rows decide.
                "started_at": started,
                "queued_at": some(draw, None, *(min(clock),) * 4) if started else None,
                "answered_at": some(draw, None, *(sorted(clock)[1],) * 4) if started else None,
                "ended_at": some(draw, None, *(max(clock),) * 4),
                "wait_s": some(draw, None, -5.0, *(float(draw.randrange(300)),) * 8),
                "handled_by": some(draw, *[None] * 5, "person", "machine", "both", "nobody"),
                "handed_over_at": some(draw, None, None, min(clock)),
                "machine_resolved": some(draw, None, *YES_NO),
                "transfers": some(draw, None, 0.0, 1.0),
                "resolved": some(draw, None, *YES_NO),
                "is_test": some(draw, None, *YES_NO, *NO, *NO),
                **origin(draw, "b.csv", "a.csv"),
                "_row": number,
            }
        )
    threads = [
        {
            "thread_id": f"t{number}",
            "customer_key": some(draw, None, "a", "b", "mail-c"),
            "category": some(draw, None, "bill"),
            "opened_at": START + timedelta(hours=draw.randrange(90)),
            "first_human_reply_at": some(draw, None, UNTIL),
            "is_spam": some(draw, None, *YES_NO),
            **origin(draw, "b.csv", "threads.csv"),
            "_row": number,
        }
        for number in range(15)
    ]
    handovers = [
        {
            "issue_id": f"c{draw.randrange(60):02}",
            "to_agent": "p2",
            "kind": some(draw, "warm", "cold"),
        }
        for _ in range(20)
    ]
    return {
        "calls": calls,
        "threads": threads,
        "handovers": handovers,
        "identity": [{"key": "mail-c", "customer": "k"}, {"key": "c", "customer": "k"}],
        "observation": [{"until": UNTIL}],
    }


def derived(name, tables, drawn=()):
    """Return the rows of a derived table, by its SELECT of drawn rows where some are drawn."""
    with duckdb.connect() as connection:
        for table in CANONICAL:
            columns = table_columns(table)
            made = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
            connection.execute(f'CREATE TABLE "{table.id}" ({made})')
            for row in tables.get(table.id, ()):
                names = ", ".join(f'"{column}"' for column in row)
                marks = ", ".join("?" for _ in row)
                connection.execute(
                    f'INSERT INTO "{table.id}" ({names}) VALUES ({marks})', list(row.values())
                )
        (table,) = (table for table in TABLES if table.id == name)
        connection.execute("CREATE TABLE _drawn (_source VARCHAR, _row BIGINT)")
        for key in drawn:
            connection.execute("INSERT INTO _drawn VALUES (?, ?)", key)
        found = connection.execute(table.select_drawn if drawn else table.select)
        names = [field[0] for field in found.description]
        assert set(names) == {c.name for c in table.columns} | {
            "unit", "touchpoint", "_source", "_row", "_zone",
        }  # fmt: skip
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def inbound(calls):
    return [c for c in calls if c["direction"] in {None, "in"} and not c["is_test"]]


def in_time(rows, at="started_at"):
    return sorted(rows, key=lambda r: (r[at] is None, r[at], r["_source"], r["_row"]))


def chains(calls):
    found = {}
    for call in in_time(calls):
        found.setdefault(call["chain_id"] or call["call_id"], []).append(call)
    return found


def contacts(tables):
    found = []
    offered = [
        call
        for call in inbound(tables["calls"])
        if call["outcome"] in OFFERED or handled(call) in {"machine", "both"}
    ]
    for chain, legs in chains(offered).items():
        reached = [leg for leg in legs if leg["outcome"] == "answered"]
        first, last = legs[0], [leg for leg in reached if leg["started_at"]] or reached
        found.append(
            (first["customer_key"], first["started_at"], first["_source"], first["_row"], chain,
             "phone", first["reason"], bool(reached), last[-1]["agent"] if last else None,
             origin_of(first))
        )  # fmt: skip
    found += [
        (each["customer_key"], each["opened_at"], each["_source"], each["_row"], each["thread_id"],
         each["touchpoint"], each["category"], each["first_human_reply_at"] is not None, None,
         origin_of(each))
        for each in tables["threads"] if not each["is_spam"]
    ]  # fmt: skip
    joined = {row["key"]: row["customer"] for row in tables["identity"]}
    rows = [(joined.get(who, who), *rest) for who, *rest in found]
    return sorted((row for row in rows if row[0] and row[1]), key=lambda row: row[:4])


@pytest.mark.parametrize("seed", range(10))
def test_contacts(seed):
    tables = log(seed)
    rows = contacts(tables)
    expected = {}
    for place, (who, at, _, _, name, channel, reason, answered, agent, at_home) in enumerate(rows):
        later = [row for row in rows[place + 1 :] if row[0] == who]
        same = [row for row in later if None in {reason, row[6]} or row[6] == reason]
        # Of two at the same instant, the one with the same reason.
        same.sort(key=lambda row: (row[1], reason is None or row[6] != reason))
        again = same[0] if same else (None,) * 10
        call = next((row[1] for row in same if row[5] == "phone"), None)
        before = [row[1] for row in rows[:place] if row[0] == who]
        since = (at - before[-1]).total_seconds() if before else None
        left = (UNTIL - at).total_seconds()
        expected[name] = (
            who, channel, reason, answered, agent, at, again[1], again[5], call, since, left,
            *at_home,
        )  # fmt: skip
    columns = (
        "customer_key", "channel", "reason", "answered", "agent", "at", "next_contact_at",
        "next_contact_channel", "next_call_at", "since_last_s", "observed_s", *ORIGIN,
    )  # fmt: skip
    found = derived("contacts", tables)
    assert {row["contact_id"]: tuple(row[c] for c in columns) for row in found} == expected
    assert len(found) == len(expected)


@pytest.mark.parametrize("seed", range(10))
def test_call_chains(seed):
    tables = log(seed)
    met = {(h["issue_id"], h["to_agent"]) for h in tables["handovers"] if h["kind"] == "warm"}
    expected = {}
    for chain, legs in chains(inbound(tables["calls"])).items():
        spoken = [leg for leg in legs if leg["outcome"] == "answered"]
        names = [leg["agent"] or leg["queue"] for leg in spoken]
        cold = {
            name
            for leg, name in zip(spoken, names, strict=True)
            if name and (chain, leg["agent"]) not in met
        }
        handlers = max(len(cold), min(len(spoken), 1))
        if len(spoken) > 1 and None in names:
            handlers = None
        path, last, before = [], None, None
        for leg in legs:
            station = leg["queue"] or leg["agent"]
            if leg["outcome"] in {None, "ivr"} or station is None:
                continue
            agent = leg["agent"] if leg["outcome"] == "answered" else None
            if station != last or (agent and before and agent != before):
                path.append(leg["queue"] or "somebody")
            last, before = station, agent
        counts = [leg["transfers"] for leg in legs if leg["transfers"] is not None]
        reason = next((leg["reason"] for leg in legs if leg["reason"]), None)
        expected[chain] = (
            legs[0]["started_at"], legs[0]["customer_key"], handlers,
            sum(counts) if counts else None, " > ".join(path) or None, reason,
            *origin_of(legs[0]),
        )  # fmt: skip
    columns = ("started_at", "customer_key", "handlers", "transfers", "path", "reason", *ORIGIN)
    found = derived("call_chains", tables)
    assert {row["chain_id"]: tuple(row[c] for c in columns) for row in found} == expected
    assert len(found) == len(expected)


def handled(leg):
    """Return who gave a useful answer in a leg, as the record says or as its outcome tells."""
    if leg["handled_by"]:
        return leg["handled_by"]
    if leg["outcome"] == "answered":
        return "both" if leg["handed_over_at"] else "person"
    return "machine" if leg["machine_resolved"] else "nobody"


def together(legs):
    people = any(handled(leg) in {"person", "both"} for leg in legs)
    machines = any(handled(leg) in {"machine", "both"} for leg in legs)
    if people:
        return "both" if machines else "person"
    return "machine" if machines else "nobody"


def queued(leg):
    return any(leg[name] is not None for name in ("queue", "queued_at", "wait_s"))


def waits_of(legs):
    """Return the waits of legs added up; None where one is missing or negative."""
    waits = [leg["wait_s"] for leg in legs if queued(leg)]
    return sum(waits) if waits and all(w is not None and w >= 0 for w in waits) else None


def until(leg):
    """Return when a leg's caller no longer waited; None when that is not known."""
    begun = leg["started_at"] or leg["queued_at"] or leg["answered_at"]
    known = leg["queued_at"] and (leg["wait_s"] or 0.0) >= 0 and leg["wait_s"] is not None
    waited = leg["queued_at"] + timedelta(seconds=leg["wait_s"]) if known else None
    if leg["outcome"] == "answered":
        return leg["answered_at"] or waited
    return (waited or leg["ended_at"]) if queued(leg) else begun


def lived(legs):
    """Return the wait of a caller over offered legs in time: second by second, nobody speaking."""
    if len(legs) == 1:
        return legs[0]["wait_s"]
    ends = [until(leg) for leg in legs]
    last = [leg for leg in legs if leg["started_at"]][-1:] or legs[-1:]
    others = [leg for leg in legs if leg is not last[0]]
    talks = [leg for leg in others if leg["outcome"] == "answered"]
    starts = [leg["queued_at"] for leg in legs if queued(leg)]
    if None in ends or not starts or None in starts or any(t["ended_at"] is None for t in talks):
        return waits_of(legs)
    final, first = until(last[0]), min(starts)
    spoken = {
        second
        for talk in talks
        for second in range(
            int((until(talk) - START).total_seconds()),
            int((min(talk["ended_at"], final) - START).total_seconds()),
        )
    }
    left = (final - first).total_seconds() - len(spoken)
    return left if left >= 0 else waits_of(legs)


@pytest.mark.parametrize("seed", range(10))
def test_the_waits_and_outcomes_of_callers(seed):
    tables = log(seed)
    expected = {}
    for chain, legs in chains(inbound(tables["calls"])).items():
        offered = [leg for leg in legs if leg["outcome"] in OFFERED]
        timed = [leg for leg in offered or legs if leg["started_at"]] or offered or legs
        # A leg alone is shown with its own wait, whatever became of it.
        single = len(legs) == 1 and (legs[0]["chain_id"] or "") in {"", legs[0]["call_id"]}
        wait = legs[0]["wait_s"] if single else lived(offered) if offered else None
        expected[chain] = (timed[-1]["outcome"], wait, together(legs))
    found = derived("call_chains", tables)
    got = {row["chain_id"]: (row["outcome"], row["wait_s"], row["handled_by"]) for row in found}
    assert got == expected


@pytest.mark.parametrize("seed", range(10))
def test_queue_visits(seed):
    tables = log(seed)
    expected = {}
    for chain, legs in chains(inbound(tables["calls"])).items():
        for queue in {leg["queue"] for leg in legs} - {None}:
            here = [leg for leg in legs if leg["queue"] == queue]
            offered = [leg for leg in here if leg["outcome"] in OFFERED]
            timed = [leg for leg in offered or here if leg["started_at"]] or offered or here
            single = len(legs) == 1 and (legs[0]["chain_id"] or "") in {"", legs[0]["call_id"]}
            wait = here[0]["wait_s"] if single else waits_of(offered)
            expected[chain, queue] = (timed[-1]["outcome"], wait, *origin_of(here[0]))
    found = derived("queue_visits", tables)
    assert {
        (row["chain_id"], row["queue"]): (
            row["outcome"], row["wait_s"], *(row[c] for c in ORIGIN),
        ) for row in found
    } == expected  # fmt: skip
    assert len(found) == len(expected)


def order(call):
    return call["started_at"], call["_source"], call["_row"]


def spoken_after(tables, joined, missed):
    """Return when the customer of a missed call was next spoken to, as a tuple of one."""
    who = missed["customer_key"]
    spoken = []
    for legs in chains(inbound(tables["calls"])).values():
        heard = [leg for leg in in_time(legs) if leg["started_at"]]
        answered = [leg for leg in heard if leg["outcome"] == "answered"]
        keys = [leg["customer_key"] for leg in heard if leg["customer_key"]]
        single = len(legs) == 1 and (legs[0]["chain_id"] or "") in {"", legs[0]["call_id"]}
        if answered and (keys or single):
            own = answered[0]["customer_key"] if single else keys[0]
            spoken.append((own, order(answered[0])))
    spoken += [
        (call["customer_key"], order(call))
        for call in tables["calls"]
        if call["direction"] == "out" and not call["is_test"] and call["outcome"] == "answered"
    ]
    later = [
        at
        for key, (at, *rest) in spoken
        if who and key and at and joined.get(key, key) == joined.get(who, who)
        and (at, *rest) > order(missed)
    ]  # fmt: skip
    return (min(later, default=None),)


@pytest.mark.parametrize("seed", range(10))
def test_missed_calls(seed):
    tables = log(seed)
    joined = {row["key"]: row["customer"] for row in tables["identity"]}
    made = [c for c in tables["calls"] if c["direction"] == "out" and not c["is_test"]]
    expected, misses = {}, []
    for legs in chains(inbound(tables["calls"])).values():
        if {"answered", "callback"} & {leg["outcome"] for leg in legs}:
            continue
        lost = [leg for leg in legs if leg["outcome"] in MISSED]
        timed = [leg for leg in lost if leg["started_at"]]
        if not timed:
            continue
        last = timed[-1]
        who = last["customer_key"]
        after = [
            c
            for c in in_time(c for c in made if c["started_at"])
            if who and joined.get(c["customer_key"], c["customer_key"]) == joined.get(who, who)
            and order(c) > order(last)
        ]  # fmt: skip
        back = (after[0]["started_at"], after[0]["outcome"]) if after else (None, None)
        reached = None if back[1] is None else back[1] == "answered"
        expected[last["call_id"]] = (
            joined.get(who, who), last["started_at"], back[0], reached, last["outcome"],
            *spoken_after(tables, joined, last), *origin_of(last),
        )  # fmt: skip
        misses.append((order(last), last["call_id"]))
    again, latest = {}, {}
    for _, name in sorted(misses):
        who, _, _, _, outcome, heard, *_ = expected[name]
        kind = (who, outcome == "voicemail")
        again[name] = who is not None and kind in latest and latest[kind] == heard
        latest[kind] = heard
    columns = (
        "customer_key", "received_at", "returned_at", "reached", "outcome", "reached_at", *ORIGIN,
    )  # fmt: skip
    found = derived("missed_calls", tables)
    assert {row["call_id"]: tuple(row[c] for c in columns) for row in found} == expected
    assert {row["call_id"]: row["again"] for row in found} == again
    assert len(found) == len(expected)


@pytest.mark.parametrize("name", ["contacts", "call_chains", "queue_visits", "missed_calls"])
@pytest.mark.parametrize("seed", range(10))
def test_drawn_rows_are_those_of_the_whole_table(name, seed):
    def of_keys(rows):
        kept = (row for row in rows if (row["_source"], row["_row"]) in keys)
        return sorted(kept, key=repr)

    tables = log(seed)
    whole = derived(name, tables)
    draw = random.Random(seed)
    for size in (1, 3, len(whole)):
        keys = [(row["_source"], row["_row"]) for row in draw.sample(whole, size)]
        assert of_keys(derived(name, tables, keys)) == of_keys(whole)


def test_drawn_misses_are_there_when_no_call_of_their_customers_is_outbound():
    tables = {
        "calls": [
            {
                "call_id": call,
                "customer_key": who,
                "direction": direction,
                "outcome": outcome,
                "started_at": START + timedelta(hours=row),
                "_source": "a.csv",
                "_row": row,
            }
            for row, (call, who, direction, outcome) in enumerate(
                [("c1", "ann", "in", "missed"), ("c2", "bob", "out", "answered")]
            )
        ]
    }
    (missed,) = derived("missed_calls", tables, [("a.csv", 0)])
    assert (missed["call_id"], missed["customer_key"]) == ("c1", "ann")
