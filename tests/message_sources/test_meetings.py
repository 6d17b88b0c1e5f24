"""Transcripts of Teams and Zoom: WebVTT with names in each one's own way."""

from __future__ import annotations

import pytest

from cxaudit.plugin import ReadRequest, SourceUse
from cxaudit_message.readers.transcripts import read_webvtt

TEAMS = """WEBVTT

NOTE duration:"00:00:09.4300000"

NOTE language:en-us

1f0a3c6e-0000-4000-8000-000000000001/12-0
00:00:03.259 --> 00:00:05.100
<v Vance, Adele (Guest)>Where is
my parcel?</v>

1f0a3c6e-0000-4000-8000-000000000001/13-0
00:00:05.200 --> 00:00:06.100
<v Desk>
I look &amp; see: at 9:30</v>
"""
ZOOM = """WEBVTT

1
00:00:03.000 --> 00:00:05.000
Ann Smith (she): Where is it: the parcel?

2
00:00:05.000 --> 00:00:06.000
Desk 1: I look.
At once: now.

3
00:00:07.000 --> 00:00:08.000
It is here
"""


@pytest.fixture
def turns(tmp_path):
    def run(text, **options):
        path = tmp_path / "meeting.vtt"
        path.write_text(text, "utf-8")
        use = SourceUse(
            name="x",
            reader="cxaudit.webvtt",
            table="messages",
            paths=("meeting.vtt",),
            options=options,
        )
        given = read_webvtt(ReadRequest(use=use, files=(path,), scratch=tmp_path))
        return [
            (fields["speaker"], fields["author_role"], fields["body"])
            for _, _, fields in given.rows
        ]

    return run


def test_teams_names_who_speaks_in_voices(turns):
    speakers = {"customer": ["Vance, Adele (Guest)"], "agent": ["Desk"]}
    assert turns(TEAMS, speakers=speakers) == [
        ("Vance, Adele (Guest)", "customer", "Where is my parcel?"),
        ("Desk", "agent", "I look & see: at 9:30"),
    ]


def test_zoom_names_who_speaks_before_a_colon(turns):
    speakers = {"agent": ["Desk 1"]}
    assert turns(ZOOM, speakers=speakers, names_before_colon=True) == [
        ("Ann Smith (she)", None, "Where is it: the parcel?"),
        ("Desk 1", "agent", "I look. At once: now."),
        (None, None, "It is here"),
    ]


def test_without_the_option_a_colon_is_a_colon(turns):
    assert turns(ZOOM)[0] == (None, None, "Ann Smith (she): Where is it: the parcel?")
