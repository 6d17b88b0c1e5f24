"""Hostile exports end in a clear account: rows, reasons, or one plain error; never a traceback."""

from __future__ import annotations

import json

import pytest

from cxaudit.errors import SourceError
from cxaudit.testing import hostile_files
from cxaudit_phone.readers.sources import SOURCES

READERS = [spec.id.removeprefix("cxaudit.") for spec in SOURCES]
EVERY = [
    (name, table) for spec, name in zip(SOURCES, READERS, strict=True) for table in spec.tables
]
JSON = ["amazon-connect", "genesys-cloud", "twilio-calls"]


@pytest.mark.parametrize("reader", READERS)
def test_each_sample_gives_three_calls_and_nothing_is_refused(export, samples, reader):
    found = export(reader, samples[reader])
    assert (len(found.rows), found.refused, found.skipped) == (3, [], {})


@pytest.mark.parametrize(("reader", "table"), EVERY)
def test_hostile_files_end_in_rows_reasons_or_one_error(
    tmp_path, samples, read_from, reader, table
):
    sample = samples[reader].encode()
    whole = None
    for name, path in hostile_files(tmp_path / "files", sample).items():
        problem = ""
        try:
            found = read_from(reader, [path], table, {}, tmp_path / name)
        except SourceError as error:
            problem = str(error)
        if problem:
            assert path.name in problem, name
            continue
        for _, reason in found.refused:
            assert reason, name
            assert len(reason) < 600, name
        if name == "no-final-newline":
            whole = found
        if name in {"empty", "only-newlines"}:
            assert found.rows == []
            assert found.notes[0].endswith("the file is empty")
        if name in {"byte-order-mark", "utf-16", "windows-newlines", "every-line-twice"}:
            assert whole is not None
            if reader == "asterisk-queue-log" or name != "every-line-twice":
                assert found.rows == whole.rows, name
        if name == "doubled":
            assert found.rows == whole.rows, "what is given twice counts once"
        if name in {"binary", "latin-1"}:
            assert any("are not utf-8" in note for note in found.notes)


@pytest.mark.parametrize("reader", READERS)
def test_a_file_cut_short_gives_its_whole_records_and_tells_of_the_rest(export, samples, reader):
    text = samples[reader]
    found = export(reader, text[: int(len(text) * 0.8)])
    assert 1 <= len(found.rows) <= 3
    assert found.refused or found.skipped


@pytest.mark.parametrize("reader", JSON)
@pytest.mark.parametrize(
    "record",
    [
        {},
        {"a": "b"},
        7,
        None,
        "text",
        [],
        [[[]]],
        {"conversationId": {"a": 1}, "ContactId": ["x"], "sid": 7, "Channel": "VOICE"},
        {"participants": {"a": 1}, "Queue": 5, "Agent": "ada", "Channel": []},
        {"participants": [1, None, [], {"sessions": [None]}], "Queue": [[{}]]},
    ],
)
def test_records_of_any_shape_are_refused_or_left_out(export, samples, reader, record):
    good = [json.loads(line) for line in samples[reader].splitlines()]
    for table in next(s.tables for s in SOURCES if s.id.endswith(reader)):
        text = "\n".join(map(json.dumps, [record, *good]))
        found = export(reader, text, table=table)
        assert len(found.refused) + sum(found.skipped.values()) >= (record != [])
        assert found.rows == export(reader, *good, table=table).rows


@pytest.mark.parametrize("reader", JSON)
def test_each_field_may_hold_anything(export, samples, reader):
    lines = [json.loads(line) for line in samples[reader].splitlines()]
    record = lines[0]
    record = next((record[key][0] for key in ("conversations", "calls") if key in record), record)
    odd = ["", "x" * 100_000, -1, 1e308, True, [], {}, [[{}]], {"a": None}, "NaN", "0", "9" * 400]
    for name in record:
        for value in odd:
            found = export(reader, [record | {name: value}])
            assert len(found.rows) + len(found.refused) + sum(found.skipped.values()) <= 2
            assert all(len(reason) < 1000 for _, reason in found.refused)


@pytest.mark.parametrize("reader", JSON)
def test_deep_nesting_is_refused_and_not_followed(export, samples, reader):
    deep = '{"participants": ' + "[" * 900 + "]" * 900 + ', "Queue": ' + '{"a":' * 900 + "1"
    deep += "}" * 900 + "}"
    first = samples[reader].splitlines()[0]
    found = export(reader, f"{first}\n{deep}\n")
    assert len(found.rows) >= 1
    assert found.refused


@pytest.mark.parametrize("reader", READERS)
def test_another_encoding_is_read_by_the_option(export, samples, reader):
    text = samples[reader].replace("sales", "été")
    found = export(reader, text.encode("cp1252"), encoding="cp1252")
    assert len(found.rows) == 3
    assert not any("are not" in note for note in found.notes)


@pytest.mark.parametrize("reader", JSON)
def test_thousands_of_unused_fields_do_not_flood_the_account(export, samples, reader):
    record = json.loads(samples[reader].splitlines()[0])
    record = next((record[key][0] for key in ("conversations", "calls") if key in record), record)
    found = export(reader, [record | {f"field{n}": n for n in range(5000)}])
    assert len(found.unknown) <= 500


def test_times_from_a_wrong_zone_are_kept_as_instants_and_none_are_guessed(export, samples):
    text = samples["amazon-connect"].replace("T10:00:00Z", "T11:00:00+01:00")
    assert (
        export("amazon-connect", text).rows
        == export("amazon-connect", samples["amazon-connect"]).rows
    )
    naive = export("amazon-connect", samples["amazon-connect"].replace("0Z", "0"))
    assert naive.rows == []
    assert all("has no offset from UTC" in reason for _, reason in naive.refused)
