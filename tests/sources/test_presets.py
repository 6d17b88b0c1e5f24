"""Presets: mappings with traps, by name or by file, and what they read of records."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxaudit import Session
from cxaudit._model.engine import RowQuery
from cxaudit.errors import AuditFileError, SourceError, UnknownNameError
from tests.support.kiosk import CHECKLIST

AUDIT = """cxaudit = 1
[audit]
id = "kiosk"
title = "Kiosk"
client = "Kiosk"
checklists = ["kiosk.toml"]
[[unit]]
id = "kiosk"
kind = "organisation"
zone = "Europe/Paris"
[pseudonyms]
key = {{ env = "KIOSK_KEY" }}
[sources.records]
preset = "{preset}"
path = "{path}"
unit = "kiosk"
{more}
"""
RECORDS = {path.stem: path for path in (Path(__file__).parent / "presets").iterdir()}
"""Invented records in the shape that each vendor describes."""
CASES = {
    "aircall-calls": (
        [
            ("1", "in", "answered", 14.0, "08:15"),
            ("2", "in", "abandoned", 2.0, "08:20"),
            ("3", "in", "missed", None, "22:20"),
            ("4", "out", "answered", None, "09:20"),
            ("5", "in", "ivr", None, "09:30"),
        ],
        {"outside-hours": 1, "short": 1, "bot": 1},
    ),
    "five9-call-log": (
        [
            ("1", "in", "answered", 20.0, "08:15"),
            ("2", "in", "abandoned", 65.0, "08:16"),
            ("4", "out", "missed", 0.0, "08:18"),
        ],
        {"test": 1, "internal": 0},
    ),
    "ringcentral-call-log": (
        [
            (
                "Mon 03/02/2026 9:15 AM (415) 555-0101 (415) 555-0100 0:02:05",
                "in",
                "answered",
                None,
                "08:15",
            ),
            (
                "Mon 03/02/2026 1:05 PM (415) 555-0102 (415) 555-0100 0:00:21",
                "in",
                "missed",
                None,
                "12:05",
            ),
            (
                "Mon 03/02/2026 2:10 PM (415) 555-0100 (415) 555-0104 0:00:30",
                "out",
                "answered",
                None,
                "13:10",
            ),
        ],
        {"fax": 1},
    ),
    "3cx-cdr": (
        [
            ("0001_1", "in", "answered", None, "12:33"),
            ("0002_2", "in", "abandoned", None, "12:40"),
        ],
        {"internal": 1},
    ),
    "zendesk-talk-calls": (
        [("1", "in", "answered", 12.0, "08:15"), ("2", "in", "voicemail", 0.0, "20:15")],
        {"outside-hours": 1, "callback": 0, "overflow": 0},
    ),
    "freshcaller-calls": (
        [("1", "in", "answered", None, "08:15"), ("2", "in", "missed", None, "08:16")],
        {},
    ),
    "hubspot-calls": (
        [
            ("1", "in", "answered", None, "08:15"),
            ("2", "in", "missed", None, "08:15"),
            ("3", "out", None, None, "08:15"),
        ],
        {"by-hand": 1},
    ),
    "hubspot-tickets": (
        [("1", "email", "closed", "08:15", "09:00"), ("3", "chat", "open", "08:25", None)],
        {"voice-ticket": 1},
    ),
    "zammad-tickets": (
        [("1", "email", "open", "08:15", "09:00")],
        {"merged": 1, "voice-ticket": 1, "outbound": 1},
    ),
    "front-conversations": (
        [("cnv_1", None, "closed", "08:15", None)],
        {"spam": 1, "deleted": 1},
    ),
    "helpscout-conversations": (
        [("1", "email", "closed", "08:15", None)],
        {"spam": 1, "voice-ticket": 1, "outbound": 1},
    ),
    "hubspot-emails": (
        [("900", "t1", "customer", "08:15", None, None)],
        {"undelivered": 1, "forwarded": 0},
    ),
    "zammad-articles": (
        [
            ("1", "1", "customer", "08:15", False, False),
            ("2", "1", "system", "08:15", True, False),
            ("3", "1", "agent", "08:15", False, True),
        ],
        {"internal-note": 1, "auto-reply": 1},
    ),
    "front-messages": (
        [
            ("msg_1", "cnv_1", "customer", "08:15", False, None),
            ("msg_2", "cnv_1", "agent", "08:15", False, None),
            ("msg_3", "cnv_1", "bot", "08:15", True, None),
        ],
        {"draft": 1, "bot": 1},
    ),
}
COLUMNS = {
    "calls": ("call_id", "direction", "outcome", "wait_s", "started_at"),
    "threads": ("thread_id", "channel", "status", "opened_at", "first_human_reply_at"),
    "messages": ("message_id", "thread_id", "author_role", "sent_at", "is_auto", "is_private"),
}


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("KIOSK_KEY", "k" * 40)


EVALUATIONS = ("intercom-scorecards", "maestroqa-answers", "zendesk-qa-reviews")
"""Presets that tests/answers/test_evaluations.py tries."""
AIRCALL = RECORDS["aircall-calls"].read_text("utf-8")


def audit_with(folder, preset, content, more=""):
    path = f"records.{'json' if content.startswith(('[', '{')) else 'csv'}"
    (folder / path).write_text(content, "utf-8")
    (folder / "kiosk.toml").write_text(CHECKLIST)
    (folder / "audit.toml").write_text(AUDIT.format(preset=preset, path=path, more=more))
    session = Session()
    return session, session.load(folder / "audit.toml")


def rows_of(folder, preset, content, more=""):
    """Return the rows that a source with a preset gives, and its account."""
    from cxaudit._audit.reading.sources import Reading, load_sources, source_files
    from cxaudit._engines.duckdb.session import connect

    session, audit = audit_with(folder, preset, content, more)
    engine = connect()
    (folder / "scratch").mkdir()
    reading = Reading(
        audit, session._host.registry, source_files(audit), folder / "scratch", folder
    )
    (account,) = load_sources(reading, engine).accounts
    table = audit.sources[0].table
    rows = [
        tuple(
            f"{value:%H:%M}" if hasattr(value, "hour") else value
            for value in (row[name] for name in COLUMNS[table])
        )
        for batch in engine.rows(RowQuery(table=table))
        for row in batch
    ]
    return rows, account


@pytest.mark.parametrize("preset", CASES)
def test_records_in_the_vendors_shape_are_read_as_the_preset_says(tmp_path, preset):
    expected, marked = CASES[preset]
    rows, account = rows_of(tmp_path, preset, RECORDS[preset].read_text("utf-8"))
    assert rows == expected
    assert {record.rule: record.records for record in account.marked} == marked
    assert not account.unreadable
    assert account.read == account.kept + account.skipped
    assert account.kept == len(expected)


def test_every_shipped_preset_has_a_case_traps_and_a_source():
    session = Session()
    names = [name.removeprefix("cxaudit.") for name in session.registered("preset")]
    assert sorted((*CASES, *EVALUATIONS)) == sorted(names)
    for name in names:
        preset = session.preset(name)
        assert (preset.id, preset.traps != ()) == (name, True)
        assert preset.title == session.registered("preset")[f"cxaudit.{name}"].summary
        assert preset.source.startswith("https://")
        assert all(rule.marker.source.startswith("https://") for rule in preset.rules)


def test_own_columns_and_rules_overrule_those_of_the_preset(tmp_path):
    more = """[sources.records.columns]
wait_s = "null"
outcome = "'answered'"
[[sources.records.marker]]
rule = "short"
when = "answered = 'No'"
effect = "leaves-out"
meaning = "calls that nobody took"
"""
    rows, account = rows_of(tmp_path, "aircall-calls", AIRCALL, more)
    assert [row[:4] for row in rows] == [
        ("1", "in", "answered", None),
        ("4", "out", "answered", None),
    ]
    assert {record.rule: record.records for record in account.marked}["short"] == 3
    assert account.skipped_for == {"calls that nobody took": 3}


def test_of_two_rules_that_leave_a_row_out_the_first_counts_it(tmp_path):
    more = "\n".join(
        f"""[[sources.records.marker]]
rule = "{rule}"
when = "answered = 'No'"
effect = "leaves-out"
meaning = "{rule} calls"
"""
        for rule in ("first", "second")
    )
    _, account = rows_of(tmp_path, "aircall-calls", AIRCALL, more)
    counts = {record.rule: record.records for record in account.marked}
    assert (counts["first"], counts["second"], counts["bot"]) == (3, 0, 0)


def test_columns_that_the_file_lacks_are_named_at_once(tmp_path):
    lacking = "\n".join(
        ",".join(line.split(",")[:-2]).replace("Call type", "Kind") for line in AIRCALL.splitlines()
    )
    session, audit = audit_with(tmp_path, "aircall-calls", lacking)
    with pytest.raises(AuditFileError) as caught:
        session.validate(audit.path)
    (problem,) = caught.value.problems
    assert "'aircall-calls' reads columns that records.csv lacks" in problem.message
    assert problem.message.endswith("'Call type', 'Time in IVR', 'tags'")
    assert (problem.file, problem.line) == ("audit.toml", 14)
    assert '`"null"` for nothing' in problem.hint
    more = "[sources.records.columns]\nivr_s = 'null'\nreason = 'null'\n"
    rows = lacking.replace("Kind", "Call type")
    session, audit = audit_with(tmp_path, "aircall-calls", rows, more)
    session.validate(audit.path)


HOUSE = """cxaudit = 1
[preset]
id = "acme-calls"
title = "The house's own calls"
reader = "csv"
table = "calls"
suits = "What the night job writes."
source = "https://intranet.example/calls"
seen = true
traps = []
{more}
[columns]
call_id = "nr"
{columns}
"""


def test_a_house_writes_its_own(tmp_path):
    (tmp_path / "house.toml").write_text(HOUSE.format(more="where = \"nr <> '2'\"", columns=""))
    rows, account = rows_of(tmp_path, "house.toml", "nr\n1\n2\n3\n")
    assert [row[0] for row in rows] == ["1", "3"]
    assert account.notes == ()  # it was held against a real file
    session = Session()
    audit = session.load(tmp_path / "audit.toml")
    assert any(name.endswith("house.toml") for name in audit.digests)


def test_all_that_is_wrong_in_a_preset_is_told_with_its_line(tmp_path):
    text = HOUSE.format(more='zon = "UTC"', columns='call = "nr"\nwait_s = "number(nr"')
    (tmp_path / "house.toml").write_text(text)
    with pytest.raises(AuditFileError) as caught:
        audit_with(tmp_path, "house.toml", "nr\n1\n")
    assert [(p.line, p.path) for p in caught.value.problems] == [(11, "preset.zon")]
    (tmp_path / "house.toml").write_text(text.replace('zon = "UTC"', ""))
    with pytest.raises(AuditFileError) as caught:
        audit_with(tmp_path, "house.toml", "nr\n1\n")
    assert [(p.line, p.path) for p in caught.value.problems] == [
        (14, "columns.call"),
        (15, "columns.wait_s"),
    ]


def test_a_preset_that_is_not_there_has_a_hint(tmp_path):
    with pytest.raises(AuditFileError) as caught:
        audit_with(tmp_path, "aircal-calls", "nr\n1\n")
    (problem,) = caught.value.problems
    assert problem.message == "There is no preset 'aircal-calls'."
    assert "'aircall-calls'" in problem.hint
    with pytest.raises(AuditFileError, match=r"There is no preset 'x\.toml'"):
        audit_with(tmp_path, "x.toml", "nr\n1\n")
    with pytest.raises(UnknownNameError):
        Session().preset("aircal-calls")


def test_a_file_without_any_row_is_read(tmp_path):
    rows, account = rows_of(tmp_path, "aircall-calls", AIRCALL.splitlines()[0] + "\n")
    assert (rows, account.read) == ([], 0)


def test_a_file_of_another_vendor_is_refused_with_what_it_lacks(tmp_path):
    with pytest.raises(
        SourceError, match=r"'five9-call-log' reads columns that records\.csv lacks"
    ):
        rows_of(tmp_path, "five9-call-log", AIRCALL)
