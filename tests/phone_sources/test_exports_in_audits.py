"""Each reader in a whole audit: what it read, kept, left out and refused, and what it measured."""

from __future__ import annotations

import json

import pytest

from cxaudit import Session
from cxaudit.errors import AuditFileError, SourceError

AUDIT = """cxaudit = 1
[audit]
id = "t"
title = "T"
client = "C"
checklists = ["c.toml"]
[[unit]]
id = "firm"
kind = "organisation"
zone = "Europe/Paris"
[[unit]]
id = "firm.claims"
kind = "team"
parent = "firm"
"""
SOURCE = """[sources.{name}]
reader = "{reader}"
table = "{table}"
path = "export*"
{more}
"""
CHECKLIST = """cxaudit = 1
[checklist]
id = "c"
version = "1"
title = "C"
[[metric]]
id = "lost"
table = "calls"
kind = "share"
value = "outcome in ('abandoned', 'timeout')"
where = "outcome is not null"
lower_is_better = true
[[metric]]
id = "wait"
table = "calls"
kind = "mean"
value = "wait_s"
unit = "seconds"
lower_is_better = true
[[item]]
id = "phone.lost"
area = "process"
touchpoints = ["phone"]
title = "Callers do not give up"
check = "within-target"
with = { metric = "lost", target = 0.05 }
[[item]]
id = "phone.wait"
area = "process"
touchpoints = ["phone"]
title = "Callers are answered soon"
check = "within-target"
with = { metric = "wait", target = 20 }
"""
SHIPPED = (
    *("phone.run-around", "phone.handlers.mean", "phone.transferred", "phone.abandoned"),
    *("phone.service-level.of-offered", "phone.hold.more-than-once", "phone.callback-kept"),
    *("phone.abandoned.by-leg", "phone.service-level.of-offered.by-leg", "phone.wait.longest"),
)
SHIPPED_CHECKLIST = """cxaudit = 1
[checklist]
id = "c"
version = "1"
title = "C"
[params.answer-seconds]
type = "number"
question = "Within how many seconds?"
value = 20
""" + "".join(
    f"""[[item]]
id = "x.{metric}"
area = "process"
touchpoints = ["phone"]
title = "{metric}"
check = "within-target"
with = {{ metric = "{metric}", target = 0.5 }}
"""
    for metric in SHIPPED
)


@pytest.fixture
def run(tmp_path):
    def call(reader, content, tables=("calls",), more='unit = "firm"', checklist=CHECKLIST):
        (tmp_path / "c.toml").write_text(checklist)
        blocks = [
            SOURCE.format(name=table.replace("_", "-"), reader=reader, table=table, more=more)
            for table in tables
        ]
        (tmp_path / "audit.toml").write_text(AUDIT + "".join(blocks))
        (tmp_path / "export").write_text(content)
        session = Session()
        result = session.run(session.load(tmp_path / "audit.toml"))
        assert not result.problems
        return result

    return call


def own_notes(account):
    """Return the notes without that on hashed keys, which is core's."""
    return tuple(note for note in account.notes if "[pseudonyms]" not in note)


def value(result, metric, unit="firm"):
    names = {metric, f"cxaudit.{metric}"}
    (found,) = [m for m in result.measurements if m.metric in names and m.unit == unit]
    return found.n, found.value


def test_the_account_of_a_queue_log_tells_of_every_line(run, samples):
    text = samples["asterisk-queue-log"] + (
        "1772445901|9.9|sales|SIP/1|COMPLETECALLER|5|5|1\n"  # began before the log
        "1772445902|8.8|sales|NONE|ENTERQUEUE||+33140000003|1\n"  # goes on after it
        "broken\n"
        "1772445903|7.7|sales|NONE|ENTERQUEUE|||1\n"
        "1772445904|7.7|sales|NONE|ABANDON|1|1|soon\n"
    )
    tables = ("calls", "queue_events", "handovers")
    result = run("asterisk-queue-log", text, tables)
    calls, events, handovers = result.accounts
    assert (calls.read, calls.kept, calls.skipped) == (7, 3, 2)
    assert calls.skipped_for == {
        "the call entered the queue before the log begins, or that line is missing": 1,
        "the log does not tell how the call went on after it entered the queue": 1,
    }
    assert calls.rejected == {
        "the line has fewer than five fields; the time is no number of seconds since 1970 and no "
        "date with a time": 1,
        "ABANDON: wait is no number": 1,
    }
    assert own_notes(calls) == (
        "13 lines of the log are of 6 calls",
        "lines of no call (callid NONE): QUEUESTART: 1",
        "calls without the caller's number: 1",
    )
    assert (events.read, events.kept, sum(events.rejected.values())) == (14, 12, 2)
    assert (handovers.read, handovers.kept) == (2, 1)
    assert not calls.unreadable
    assert value(result, "lost") == (3, 1 / 3)
    assert value(result, "wait") == (3, pytest.approx(95 / 3))


def test_a_queue_says_the_unit_where_the_audit_file_maps_it(run, samples):
    more = """[sources.calls.columns]
unit = "case when queue = 'claims' then 'firm.claims' else queue end"
"""
    result = run("asterisk-queue-log", samples["asterisk-queue-log"], more=more)
    (calls,) = result.accounts
    assert (calls.kept, calls.unmatched_units) == (3, {"sales": 2})


CDR_OPTIONS = 'unit = "firm"\noptions = { inbound_contexts = ["from-trunk"] }'


def test_the_account_of_call_detail_records(run, samples):
    text = samples["asterisk-cdr"] * 2 + '"","x"\n'
    result = run("asterisk-cdr", text, more=f'zone = "Europe/Paris"\n{CDR_OPTIONS}')
    (calls,) = result.accounts
    assert (calls.read, calls.kept) == (7, 3)
    reason = "the record is in the files again (Asterisk writes it per account, too)"
    assert calls.skipped_for == {reason: 3}
    assert calls.rejected == {
        "start is missing; uniqueid and linkedid are missing (set loguniqueid in cdr.conf); "
        "disposition is missing": 1
    }
    assert own_notes(calls) == ("3 records are of 3 calls",)
    assert set(calls.unknown_fields) == {
        "accountcode",
        "clid",
        "amaflags",
        "userfield",
        "peeraccount",
    }
    assert {"wait_s", "hold_s", "queued_at"} <= set(calls.missing_columns)
    assert value(result, "lost") == (3, 1 / 3)
    unavailable = next(m for m in result.measurements if m.metric == "wait").unavailable
    assert "wait_s" in unavailable


def test_local_times_without_a_zone_stop_the_run_and_a_named_zone_moves_them(run, samples):
    text = samples["asterisk-cdr"]
    with pytest.raises(SourceError, match="holds local times such as 2026-03-02 10:00:00"):
        run("asterisk-cdr", text, more=CDR_OPTIONS)
    night = text.replace("2026-03-02 10:", "2026-10-25 02:")  # shown twice in Paris
    result = run("asterisk-cdr", night, more=f'zone = "unit"\n{CDR_OPTIONS}')
    assert result.accounts[0].ambiguous_times == 6


def test_the_account_of_contact_records(run, samples):
    text = samples["amazon-connect"] * 2 + '{"Channel": "CHAT"}{"Channel": "VOICE"'
    tables = ("calls", "queue_events", "handovers", "promises")
    result = run("amazon-connect", text, tables)
    calls, events, handovers, promises = result.accounts
    assert (calls.read, calls.kept) == (8, 3)
    assert calls.skipped_for == {
        "the contact was delivered again; the record that was updated last is kept": 3,
        "contacts of another channel: chat, task or e-mail": 1,
    }
    assert calls.rejected == {"the file breaks off or is damaged here": 1}
    assert calls.unknown_fields == ("CustomerEndpoint.Type",)
    assert (events.kept, handovers.kept, promises.kept) == (5, 0, 0)
    assert value(result, "lost") == (3, 1 / 3)
    assert value(result, "wait") == (2, 60)


def test_the_account_of_conversations(run, samples):
    text = samples["genesys-cloud"] + '\n{"conversationId": "v-9", "conversationStart": "soon"}'
    tables = ("calls", "queue_events", "handovers", "promises")
    result = run("genesys-cloud", text, tables)
    calls, events, _, _ = result.accounts
    assert (calls.read, calls.kept) == (4, 3)
    assert calls.rejected == {"conversationStart is no time": 1}
    assert events.kept == 5
    assert value(result, "lost") == (3, 1 / 3)
    assert value(result, "wait") == (2, 60)


def test_the_account_of_call_resources(run, samples):
    result = run("twilio-calls", samples["twilio-calls"])
    (calls,) = result.accounts
    assert (calls.read, calls.kept) == (3, 3)
    assert own_notes(calls) == (
        "4 legs are of 3 calls",
        "calls that Twilio answered itself and put through to nobody; outcome empty: 1",
    )
    assert value(result, "lost") == (2, 0)


def test_a_table_that_a_reader_does_not_fill_is_refused_with_those_that_it_does(run, samples):
    with pytest.raises(AuditFileError, match="calls"):
        run("twilio-calls", samples["twilio-calls"], ("handovers",))


def test_a_misspelt_option_is_refused_with_its_place(run, samples):
    with pytest.raises(AuditFileError, match="inbound_context"):
        run("asterisk-cdr", samples["asterisk-cdr"], more='options = { inbound_context = ["a"] }')


LEGS = (("sales", "SIP/1", "BLINDTRANSFER|600|in"), ("claims", "SIP/2", "BLINDTRANSFER|700|in"))


def test_shipped_metrics_count_a_caller_who_was_passed_on_twice_in_a_queue_log(run):
    """Three people in one call (40 s of waiting), one in another (30 s), one caller gives up."""
    lines, now = [], 1_772_445_600
    for queue, agent, end in (*LEGS, ("legal", "SIP/3", "COMPLETECALLER")):
        lines.append(f"{now}|1.1|{queue}|NONE|ENTERQUEUE||0140000001|1")
        lines.append(f"{now + 10}|1.1|{queue}|{agent}|CONNECT|10|1.2|4")
        lines.append(f"{now + 70}|1.1|{queue}|{agent}|{end}|10|60|1")
        now += 75
    lines.append(f"{now}|2.1|sales|NONE|ENTERQUEUE||0140000002|1")
    lines.append(f"{now + 30}|2.1|sales|SIP/1|CONNECT|30|2.2|4")
    lines.append(f"{now + 70}|2.1|sales|SIP/1|COMPLETEAGENT|30|40|1")
    lines.append(f"{now + 80}|3.1|sales|NONE|ENTERQUEUE||0140000003|1")
    lines.append(f"{now + 130}|3.1|sales|NONE|ABANDON|1|1|50")
    tables = ("calls", "queue_events", "handovers")
    result = run("asterisk-queue-log", "\n".join(lines) + "\n", tables, checklist=SHIPPED_CHECKLIST)
    assert [account.kept for account in result.accounts] == [5, 14, 2]
    assert value(result, "phone.run-around") == (2, 0.5)
    assert value(result, "phone.handlers.mean") == (2, 2)
    assert value(result, "phone.transferred") == (4, 0.5)
    assert value(result, "phone.abandoned") == (3, pytest.approx(1 / 3))
    assert value(result, "phone.service-level.of-offered") == (3, 0)
    assert value(result, "phone.wait.longest") == (3, 50)
    assert value(result, "phone.abandoned.by-leg") == (5, 0.2)
    assert value(result, "phone.service-level.of-offered.by-leg") == (5, 0.6)
    told = {m.metric: m.unavailable for m in result.measurements}
    assert "hold" in told["cxaudit.phone.hold.more-than-once"]


@pytest.mark.parametrize(("within", "kept"), [(0, 0), (600, 1)])
def test_shipped_metrics_count_callbacks_of_contact_records(run, samples, within, kept):
    """One callback, scheduled for 10:30 and made at 10:35; an answered call with one hold."""
    first = json.loads(samples["amazon-connect"].splitlines()[0])
    callback = first | {
        "ContactId": "c-9",
        "InitiationMethod": "CALLBACK",
        "InitialContactId": "c-1",
        "PreviousContactId": "c-1",
        "ScheduledTimestamp": "2026-03-02T10:30:00Z",
        "ConnectedToSystemTimestamp": "2026-03-02T10:35:00Z",
        "DisconnectTimestamp": "2026-03-02T10:40:00Z",
    }
    text = samples["amazon-connect"] + "\n" + json.dumps(callback)
    more = f'unit = "firm"\noptions = {{ callback_within_s = {within} }}'
    result = run("amazon-connect", text, ("calls", "promises"), more, SHIPPED_CHECKLIST)
    assert value(result, "phone.callback-kept") == (1, kept)
    assert value(result, "phone.hold.more-than-once") == (1, 0)
    assert value(result, "phone.abandoned") == (2, 0.5)
