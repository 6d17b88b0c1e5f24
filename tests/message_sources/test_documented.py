"""The page on exports names each reader with its tables and options, and its examples hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import tomli
from jsonschema import Draft202012Validator

from cxaudit._expressions import parse
from cxaudit_message.readers.sources import SOURCES

MAIL = "From: a@b.example\nTo: c@acme.example\nDate: Mon, 2 Mar 2026 08:00:00 +0000"
PAGE = (Path(__file__).parents[2] / "docs/reference/message-exports.md").read_text("utf-8")
READERS = {
    each.id.removeprefix("cxaudit."): each for each in SOURCES if each.tables[0] == "threads"
}
SECTIONS = dict(re.findall(r"(?ms)^## (.+?)\n(.*?)(?=^## |\Z)", PAGE))
BLOCKS = re.findall(r"(?ms)^```toml\n(.*?)^```", PAGE)


def names(text):
    return re.findall(r"`([^`]+)`", text)


@pytest.mark.parametrize("reader", READERS)
def test_a_reader_has_a_section_with_its_options(reader):
    line = next(each for each in SECTIONS[reader].splitlines() if each.startswith("Options: "))
    assert {*names(line)} == {*READERS[reader].settings["properties"]}


@pytest.mark.parametrize("reader", READERS)
def test_the_table_of_readers_says_what_each_fills(reader):
    row = next(each for each in PAGE.splitlines() if each.startswith(f"| [`{reader}`]"))
    assert tuple(names(row.rsplit("|", 2)[1])) == READERS[reader].tables


@pytest.mark.parametrize("block", BLOCKS, ids=["desk", "mail"])
def test_the_examples_fit_the_readers(block):
    for use in tomli.loads(block)["sources"].values():
        reader = READERS[use["reader"]]
        assert use["table"] in reader.tables
        Draft202012Validator(dict(reader.settings)).validate(use.get("options", {}))
        for text in use.get("columns", {}).values():
            parse(text, dict.fromkeys(("tags", "brand_id"), "text"), {})


@pytest.mark.parametrize("reader", READERS)
def test_fields_that_a_section_calls_also_are_given(read, reader):
    also = re.search(r"^Also: (.+)$", SECTIONS[reader], re.MULTILINE)
    record = {"id": 1, "status": 2, "requester_id": 1, "inbox_id": 1, "state": "open", "stats": {}}
    record["created_at"] = 1772438400 if reader == "intercom" else "2026-03-02T08:00:00Z"
    record["source"] = {"author": {"type": "user"}} if reader == "intercom" else 1
    files = {"mail": f"{MAIL}\n\nx\n"}.get(reader, [record])
    options = {"own_addresses": ["@acme.example"]} if reader == "mail" else {}
    (row,) = read(reader, {"x": files}, **options).rows
    assert {*(names(also[1]) if also else ())} <= {*row}
