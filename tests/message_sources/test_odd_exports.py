"""Exports in the state in which they come: empty, packed, in other encodings, without offsets."""

from __future__ import annotations

import gzip
import json

import pytest

from cxaudit._plugins.host import PluginHost
from cxaudit.errors import SourceError

TICKET = {
    "id": 1,
    "status": 2,
    "source": 1,
    "priority": 1,
    "requester_id": 200,
    "subject": "Größe — très bien",
    "created_at": "2026-03-02T08:00:00Z",
    "updated_at": "2026-03-02T09:00:00Z",
}
WRITTEN = {"created_at": "2026-03-02T08:00:00Z"}
OPTIONS = {"mail": {"own_addresses": ["@acme.example"]}}
DESKS = ("chatwoot", "freshdesk", "intercom", "zendesk")


def test_the_plugin_loads_with_its_readers():
    registry = PluginHost().registry
    for reader in (*DESKS, "mail"):
        assert registry.get("source", f"cxaudit.{reader}").tables[0] == "threads"


@pytest.mark.parametrize("reader", [*DESKS, "mail"])
@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_an_empty_file_is_told_and_gives_no_rows(read, reader, content):
    found = read(reader, {"export": content}, **OPTIONS.get(reader, {}))
    assert found.rows == []
    assert "export: the file is empty" in found.notes


def test_an_empty_export_ends_in_an_account_and_not_in_an_error(run):
    block = 'reader = "freshdesk"\ntable = "threads"\npath = "t.json"\n'
    account = run({"t.json": b"[]"}, {"desk": block})["desk"]
    assert (account.read, account.kept) == (0, 0)
    assert "the files hold no record of Freshdesk" in account.notes


@pytest.mark.parametrize("content", [b"", b"[]", b"id;status\n1;open\n"])
def test_a_mapping_holds_when_an_export_has_no_rows(run, content):
    block = 'reader = "zendesk"\ntable = "threads"\npath = "t.json"\n'
    mapped = f"{block}[sources.desk.columns]\nteam = \"'team ' || queue\"\n"
    account = run({"t.json": content}, {"desk": mapped})["desk"]
    assert account.kept == 0


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_other_encodings_are_read(read, name):
    content = json.dumps([TICKET], ensure_ascii=False).encode(name)
    options = {"encoding": name} if name == "cp1252" else {}
    assert read("freshdesk", {"t.json": content}, **options).rows[0]["subject"] == TICKET["subject"]


def test_a_wrong_encoding_is_told_with_its_place(read):
    content = json.dumps([TICKET], ensure_ascii=False).encode("cp1252")
    found = read("freshdesk", {"t.json": content})
    assert "Gr\ufffd" in found.rows[0]["subject"]
    assert any("bytes are not utf-8" in note for note in found.notes)


def test_packed_files_are_unpacked(read):
    packed = gzip.compress(json.dumps([TICKET]).encode())
    assert read("freshdesk", {"t.json.gz": packed}).rows[0]["thread_id"] == "1"


def test_half_a_character_does_not_spoil_its_row(run):
    """JSON can write half of an emoji, and no UTF-8 can hold it."""
    content = json.dumps([TICKET | {"subject": "x\ud83d"}])
    block = 'reader = "freshdesk"\ntable = "threads"\npath = "t.json"\n'
    account = run({"t.json": content}, {"desk": block})["desk"]
    assert (account.kept, account.rejected) == (1, {})


def test_local_times_need_a_zone(run):
    local = [TICKET | {"created_at": "2026-03-02T08:00:00"}]
    block = 'reader = "freshdesk"\ntable = "threads"\npath = "t.json"\n'
    with pytest.raises(SourceError, match="local times"):
        run({"t.json": local}, {"desk": block})
    assert run({"t.json": local}, {"desk": f'{block}zone = "unit"\n'})["desk"].kept == 1


def test_a_gigantic_field_ends_in_a_row(run):
    """The engine takes lines of 32 MB; what is longer would stop the whole file."""
    huge = [TICKET | {"description_text": "\u00e9" * 12_000_000}]
    block = 'reader = "freshdesk"\ntable = "threads"\npath = "t.json"\n'
    account = run({"t.json": huge}, {"desk": block})["desk"]
    assert account.kept == 1
    assert "1 values longer than 1000000 characters were cut: body" in account.notes


@pytest.mark.parametrize("reader", DESKS)
def test_numbers_of_rows_are_told_once_each_in_a_file(read, reader):
    """Evidence and hits find a row by its file and number."""
    talk = {
        "id": "1",
        "state": "open",
        "created_at": 1772438400,
        "source": {"body": "a", "author": {"type": "user", "id": "1"}},
        "conversation_parts": [
            {"id": str(n), "part_type": "comment", "body": "b", "created_at": 1772438400 + n}
            for n in range(5)
        ],
    }
    files = {
        "chatwoot": [
            {"id": n, "message_type": 0, "conversation_id": 1, "created_at": 1772438400}
            for n in range(1, 6)
        ],
        "freshdesk": [
            TICKET | {"conversations": [WRITTEN | {"id": n, "incoming": True} for n in range(5)]}
        ],
        "intercom": [talk],
        "zendesk": [
            TICKET
            | {"status": "new", "comments": [WRITTEN | {"id": n, "author_id": 2} for n in range(5)]}
        ],
    }
    found = read(reader, {"x.json": files[reader]}, "messages")
    assert len(found.rows) >= 5
    assert len({*found.places}) == len(found.places)
