"""Chats that WhatsApp exports: dates of both platforms, its own lines, media, what is deleted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cxaudit.errors import SourceError
from cxaudit.plugin import ReadRequest, Skipped, SourceUse
from cxaudit_message.readers.markers import WHATSAPP
from cxaudit_message.readers.whatsapp import read

PAGE = Path(__file__).parents[2] / "docs/reference/conversations.md"

ANDROID = """\
28/02/2026, 23:59 - Messages and calls are end-to-end encrypted. Tap to learn more.
28/02/2026, 23:59 - Ann Smith: Hello
are you there?

It is late.
01/03/2026, 00:01 - Mill Bakery: <Media omitted>
01/03/2026, 00:02 - Mill Bakery: This message was deleted
01/03/2026, 00:03 - Mill Bakery: At 7:30: bread <This message was edited>
"""
IPHONE = """\
\u200e[3/1/26, 9:15:33\u202fAM] Mill: \u200eMessages and calls are end-to-end encrypted.
[3/1/26, 12:05:00\u202fPM] Ann: Hello
[3/14/26, 12:05:00\u202fAM] ~\u202fMill: \u200eimage omitted
\u200e[3/14/26, 1:05:00\u202fPM] Mill: \u200e<attached: 0001-PHOTO.jpg>
"""
GERMAN = """\
01.03.26, 09:15 - Ann: Guten Tag
01.03.26, 09:16 - Mühle: <Medien ausgeschlossen>
01.03.26, 09:17 - Mühle: Diese Nachricht wurde gelöscht.
"""


@pytest.fixture
def chat(tmp_path):
    def run(text, **options):
        path = tmp_path / "Ann.txt"
        path.write_text(text, "utf-8")
        use = SourceUse(
            name="chat",
            reader="cxaudit.whatsapp",
            table="messages",
            paths=("Ann.txt",),
            options=options,
        )
        given = read(ReadRequest(use=use, files=(path,), scratch=tmp_path))
        rows = list(given.rows)
        return [fields for _, _, fields in rows], dict(given.marked), list(given.notes)

    return run


def said(rows):
    return [(row["sent_at"], row["speaker"], row["body"]) for row in rows if isinstance(row, dict)]


def test_a_chat_of_android_is_read_with_its_lines(chat):
    rows, marked, _ = chat(ANDROID, speakers={"agent": ["Mill Bakery"]}, others="customer")
    assert said(rows) == [
        ("2026-02-28T23:59:00", "Ann Smith", "Hello\nare you there?\n\nIt is late."),
        ("2026-03-01T00:01:00", "Mill Bakery", "<Media omitted>"),
        ("2026-03-01T00:03:00", "Mill Bakery", "At 7:30: bread"),
    ]
    assert marked == {"system": 1, "deleted": 1, "media": 1}
    roles = [row["author_role"] for row in rows if isinstance(row, dict)]
    assert roles == ["customer", "agent", "agent"]
    assert next(row["customer_key"] for row in rows if isinstance(row, dict)) == "Ann Smith"
    assert sum(isinstance(row, Skipped) for row in rows) == 2


def test_a_chat_of_an_iphone_with_a_clock_of_twelve_hours_is_read(chat):
    rows, marked, _ = chat(IPHONE, others="customer")
    assert said(rows) == [
        ("2026-03-01T12:05:00", "Ann", "Hello"),
        ("2026-03-14T00:05:00", "Mill", "image omitted"),
        ("2026-03-14T13:05:00", "Mill", "<attached: 0001-PHOTO.jpg>"),
    ]
    assert marked == {"system": 1, "deleted": 0, "media": 2}


def test_a_german_chat_is_read(chat):
    rows, marked, _ = chat(GERMAN, others="customer")
    assert said(rows)[0] == ("2026-03-01T09:15:00", "Ann", "Guten Tag")
    assert marked == {"system": 0, "deleted": 1, "media": 1}


def test_the_order_of_a_date_is_that_in_which_times_go_on(chat):
    text = "01/02/2026, 10:00 - A: x\n02/02/2026, 10:00 - A: y\n03/01/2026, 10:00 - A: z\n"
    # As days first, 3 January would come after 2 February.
    assert [at for at, *_ in said(chat(text)[0])] == [
        "2026-01-02T10:00:00",
        "2026-02-02T10:00:00",
        "2026-03-01T10:00:00",
    ]


def test_dates_that_fit_both_orders_need_an_option(chat):
    text = "01/02/2026, 10:00 - A: x\n02/03/2026, 10:00 - A: y\n"
    with pytest.raises(SourceError, match="may have the day or the month first"):
        chat(text)
    rows, _, _ = chat(text, date_order="mdy")
    assert [at for at, *_ in said(rows)] == ["2026-01-02T10:00:00", "2026-02-03T10:00:00"]


def test_a_long_silence_begins_a_new_conversation(chat):
    text = "1.3.26, 10:00 - A: x\n1.3.26, 20:00 - A: y\n3.3.26, 10:00 - A: z\n"
    rows, _, _ = chat(text, new_thread_after_hours=24)
    assert [row["message_id"] for row in rows] == ["Ann#1#1", "Ann#1#2", "Ann#2#1"]


@pytest.mark.parametrize("text", ["", "Hello\nthere\n", "2026-03-01 10:00 Ann hello\n"])
def test_a_file_that_is_no_chat_is_refused(chat, text):
    rows, _, _ = chat(text)
    assert [type(row) for row in rows] == ([ValueError] if text else [])


def test_a_time_that_there_is_not_is_refused_with_its_line(chat):
    rows, _, _ = chat("30.02.26, 10:00 - A: x\n01.03.26, 10:00 - A: y\n")
    assert isinstance(rows[0], ValueError)
    assert "line 1" in str(rows[0])
    assert said(rows) == [("2026-03-01T10:00:00", "A", "y")]


def test_names_are_never_in_notes(chat):
    _, _, notes = chat(GERMAN)
    assert notes
    assert not any("Ann" in note.replace("Ann#", "") for note in notes)


def test_the_page_lists_the_rules_that_the_reader_declares():
    table = PAGE.read_text("utf-8").partition("| rule | effect |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `([\w-]+)` \| ([\w ]+) \|", table, re.MULTILINE)
    words = {"leaves-out": "leaves out", "marks": "marks"}
    assert rows == [(marker.id, words[marker.effect]) for marker in WHATSAPP]
