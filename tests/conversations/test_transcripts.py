"""Transcripts are read as their formats say, and what cannot be read is told."""

from __future__ import annotations

import gzip
import json

import pytest

from cxaudit.errors import SourceError
from cxaudit.plugin import ReadRequest, Rows, Skipped, SourceUse
from cxaudit.testing import hostile_files, read_source
from cxaudit_message.readers.transcript_json import read as read_json
from cxaudit_message.readers.transcript_sources import TRANSCRIPT_SOURCES
from cxaudit_message.readers.transcripts import read_subrip, read_webvtt

WEBVTT, SUBRIP, JSON, _WHATSAPP = TRANSCRIPT_SOURCES

VTT = """WEBVTT - call 12
Kind: captions

NOTE recorded
on a Monday

STYLE
::cue { color: red }

REGION
id:left

opening
00:01.000 --> 00:04.000 align:start position:10%
<v.loud Mary>Good morning &amp; welcome</v>
<v Bob>hi, my <i>order</i> is late</v>

2
00:00:03.500 --> 00:00:06.000
<v Bob>it &lt;still&gt; is

1:00:10.000 --> 1:00:12.250
<01:00:10.500>what<01:00:11.000> now?
"""


def fields(rows, *names):
    return [
        tuple(row[name] for name in names)
        for _, _, row in rows
        if not isinstance(row, ValueError | Skipped)
    ]


def refused(rows):
    return [str(row.args[0]) for _, _, row in rows if isinstance(row, ValueError)]


@pytest.fixture
def read(tmp_path):
    def start(source, name, content, **options):
        path = tmp_path / name
        data = content if isinstance(content, bytes) else content.encode()
        path.write_bytes(data)
        return read_source(source, [path], options)

    return start


@pytest.fixture
def noted(tmp_path):
    """Give rows and notes of files."""

    def start(function, files, **options):
        paths = []
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
            paths.append(path)
        use = SourceUse(
            name="s", reader="cxaudit.webvtt", table="messages", paths=tuple(files), options=options
        )
        (tmp_path / "scratch").mkdir(exist_ok=True)
        found = function(
            ReadRequest(use=use, files=tuple(paths), scratch=tmp_path / "scratch", shown=(*files,))
        )
        assert isinstance(found, Rows)
        return list(found.rows), list(found.notes)

    return start


SPEAKERS = {"agent": ["mary", "Speaker 1"], "customer": ["BOB", "Speaker 2"]}


def test_webvtt_gives_each_voice_its_own_turn(read):
    rows = read(WEBVTT, "call-12.vtt", VTT, speakers=SPEAKERS)
    names = ("message_id", "author_role", "start_s", "end_s", "body")
    assert fields(rows, *names) == [
        ("call-12#1", "agent", 1.0, 4.0, "Good morning & welcome"),
        ("call-12#2", "customer", 1.0, 4.0, "hi, my order is late"),
        ("call-12#3", "customer", 3.5, 6.0, "it <still> is"),
        ("call-12#4", None, 3610.0, 3612.25, "what now?"),
    ]
    assert set(fields(rows, "thread_id", "channel", "touchpoint", "sent_at")) == {
        ("call-12", "voice", "phone", None)
    }
    assert [number for _, number, _ in rows] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("encoded", "options"),
    [
        (VTT.replace("\n", "\r\n").encode("utf-8-sig"), {}),
        (VTT.encode("utf-16"), {}),
        (VTT.replace("late", "sp\u00e4t").encode("cp1252"), {"encoding": "cp1252"}),
    ],
)
def test_encodings_and_line_ends_make_no_difference(read, encoded, options):
    rows = read(WEBVTT, "a.vtt", encoded, speakers=SPEAKERS, **options)
    assert next(body for (body,) in fields(rows, "body")) == "Good morning & welcome"
    assert len(rows) == 4


def test_packed_files_are_read(read):
    rows = read(WEBVTT, "call.vtt.gz", gzip.compress(VTT.encode()), speakers=SPEAKERS)
    assert {thread for (thread,) in fields(rows, "thread_id")} == {"call"}


def test_broken_cues_are_refused_with_their_line_and_the_rest_is_read(read):
    rows = read(
        WEBVTT,
        "a.vtt",
        "WEBVTT\n\nbad --> 00:07.000\nlost\n\n00:09.000 --> 00:08.000\nbackwards\n\n"
        "no time here\n\n00:10.000 --> 00:11.000\nkept\n00:12.000 --> 00:13.000\nkept too\n\n"
        "00:14.000 --> 00:15.000\n\n00:16.0",
    )
    assert [body for (body,) in fields(rows, "body")] == ["kept", "kept too"]
    assert refused(rows) == [
        "line 3: the time of the cue cannot be read",
        "line 6: the cue ends before it begins",
        "line 9: words or a cue's name without a time",
        "line 18: words or a cue's name without a time",
    ]
    assert [row.reason for _, _, row in rows if isinstance(row, Skipped)] == [
        "a turn without words"
    ]


def test_a_file_without_the_signature_is_no_webvtt(read):
    rows = read(WEBVTT, "a.vtt", "1\n00:00:01,000 --> 00:00:02,000\nhello\n")
    assert refused(rows) == ["line 1: a WebVTT file begins with WEBVTT, and this one does not"]
    assert fields(rows, "body") == []


SRT = """1
00:00:01,000 --> 00:00:03,000
Speaker 1: <b>Hello</b>, {\\an8}how can I help?

00:00:03.5 --> 00:00:06.000
- speaker 2: I said: it broke
again

3
00:00:06,100 --> 00:00:07,000
[Speaker 1]: Oh no.
Speaker 2: Yes.
4
00:00:08,000 --> 00:00:09,000
and 3 < 5 &amp; so on
"""


def test_subrip_reads_names_before_a_colon_without_numbers_and_with_either_comma(read):
    rows = read(SUBRIP, "x.srt", SRT, speakers=SPEAKERS)
    assert fields(rows, "author_role", "start_s", "end_s", "body") == [
        ("agent", 1.0, 3.0, "Hello, how can I help?"),
        ("customer", 3.5, 6.0, "I said: it broke again"),
        ("agent", 6.1, 7.0, "Oh no."),
        ("customer", 6.1, 7.0, "Yes."),
        (None, 8.0, 9.0, "and 3 < 5 & so on"),
    ]


def test_a_cue_without_a_name_goes_on_with_the_speaker_only_when_told_so(read):
    rows = read(SUBRIP, "x.srt", SRT, speakers=SPEAKERS, unnamed_continue=True)
    assert [role for (role,) in fields(rows, "author_role")][-1] == "customer"


def test_speakers_that_are_not_listed_are_counted_and_never_guessed(noted):
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>hi\n\n00:02.000 --> 00:03.000\n<v Ann>so\n\n"
    text += "00:04.000 --> 00:05.000\nPaul Green: yes\n\n00:05.000 --> 00:06.000\n<v Agent>ok\n"
    rows, notes = noted(read_webvtt, {"a.vtt": text})
    assert fields(rows, "author_role", "speaker", "body") == [
        (None, "Ann", "hi"),
        (None, "Ann", "so"),
        (None, None, "Paul Green: yes"),
        ("agent", "Agent", "ok"),
    ]
    assert notes == [
        "turns that name no speaker, and so have no author_role: 1",
        (
            "turns that have no author_role, because the option speakers does not list "
            "who speaks: 2 under 1 name, first met in a#1"
        ),
        (
            "lines begin as if with a name that the option speakers does not list: "
            "1 under 1 name, first met in a.vtt, cue in line 9"
        ),
    ]


def test_a_speaker_with_two_roles_is_refused(read):
    with pytest.raises(SourceError, match="both agent and customer"):
        read(WEBVTT, "a.vtt", VTT, speakers={"agent": ["A"], "customer": [" a "]})


def test_file_names_tell_conversation_and_start(noted):
    one = "1\n00:00:02,500 --> 00:00:03,000\nhi\n"
    rows, notes = noted(
        read_subrip,
        {"20260304-101500_77.srt": one, "other.srt": one},
        name_pattern=r"(?P<started_at>\d{8}-\d{6})_(?P<thread_id>\d+)",
        started_at_format="%Y%m%d-%H%M%S",
    )
    assert fields(rows, "thread_id", "sent_at") == [
        ("77", "2026-03-04T10:15:02.500000"),
        ("other", None),
    ]
    assert any("1 file is not called as name_pattern says, such as other.srt" in n for n in notes)


@pytest.mark.parametrize("pattern", ["(", "(\\d+)"])
def test_a_pattern_of_no_use_is_refused(read, pattern):
    with pytest.raises(SourceError, match="name_pattern"):
        read(SUBRIP, "a.srt", SRT, name_pattern=pattern)


def test_files_of_one_name_are_told(noted):
    one = "1\n00:00:02,500 --> 00:00:03,000\nhi\n"
    _, notes = noted(read_subrip, {"a/call.srt": one, "b/call.srt": one})
    assert any("2 files give the conversation 'call'" in note for note in notes)


WHISPER = {
    "text": "Hello. Hi.",
    "language": "en",
    "segments": [
        {"id": 0, "start": 0.0, "end": 1.5, "text": " Hello.", "speaker": "SPEAKER_00"},
        {"id": 1, "start": 1.75, "end": 2, "text": " Hi.", "speaker": "SPEAKER_01"},
    ],
}
CONNECT = {
    "Version": "1.1.0",
    "Channel": "VOICE",
    "CustomerMetadata": {"ContactId": "c-9"},
    "Participants": [{"ParticipantId": "AGENT", "ParticipantRole": "AGENT"}],
    "Transcript": [
        {"BeginOffsetMillis": 250, "EndOffsetMillis": 1500, "Content": "Hello.", "Id": "1",
         "ParticipantId": "AGENT"},
        {"BeginOffsetMillis": 1750, "EndOffsetMillis": 2000, "Content": "Hi.", "Id": "2",
         "ParticipantId": "CUSTOMER"},
    ],
}  # fmt: skip
TRANSCRIBE = {
    "jobName": "j",
    "results": {
        "transcripts": [{"transcript": "Hello. Hi."}],
        "audio_segments": [
            {"id": 0, "transcript": "Hello.", "start_time": "0.25", "end_time": "1.5",
             "speaker_label": "spk_0", "items": [0]},
            {"id": 1, "transcript": "Hi.", "start_time": "1.75", "end_time": "2.0",
             "speaker_label": "spk_1", "items": [1]},
        ],
    },
}  # fmt: skip
DEEPGRAM = {
    "metadata": {},
    "results": {
        "channels": [],
        "utterances": [
            {"start": 0.25, "end": 1.5, "channel": 0, "transcript": "Hello.", "speaker": 0},
            {"start": 1.75, "end": 2.0, "channel": 0, "transcript": "Hi.", "speaker": 1},
        ],
    },
}
IN_MILLISECONDS = {
    "id": "t",
    "utterances": [
        {"start": 250, "end": 1500, "text": "Hello.", "speaker": "A"},
        {"start": 1750, "end": 2000, "text": "Hi.", "speaker": "B"},
    ],
}
ARRAY = [
    {"from": "0:00:00.25", "to": "0:01.5", "who": "clerk", "said": "Hello."},
    {"from": "0:01.75", "to": "0:02", "who": "caller", "said": "Hi."},
]


@pytest.mark.parametrize(
    ("content", "first", "thread", "options"),
    [
        (
            WHISPER,
            0.0,
            "f",
            {"speakers": {"agent": ["speaker_00"], "customer": ["speaker_01"]}},
        ),
        (CONNECT, 0.25, "c-9", {}),
        (TRANSCRIBE, 0.25, "f", {"speakers": {"agent": ["spk_0"], "customer": ["spk_1"]}}),
        (DEEPGRAM, 0.25, "f", {"speakers": {"agent": ["0"], "customer": ["1"]}}),
        (
            IN_MILLISECONDS,
            0.25,
            "f",
            {"time_unit": "milliseconds", "speakers": {"agent": ["A"], "customer": ["B"]}},
        ),
        (
            ARRAY,
            0.25,
            "f",
            {
                "start_key": "from",
                "end_key": "to",
                "speaker_key": "who",
                "text_key": "said",
                "speakers": {"agent": ["clerk"], "customer": ["caller"]},
            },
        ),
    ],
    ids=["whisper", "connect", "transcribe", "deepgram", "milliseconds", "array"],
)
def test_json_in_the_shapes_of_known_tools(read, content, first, thread, options):
    rows = read(JSON, "f.json", json.dumps(content), **options)
    assert fields(rows, "message_id", "author_role", "start_s", "end_s", "body") == [
        (f"{thread}#1", "agent", first, 1.5, "Hello."),
        (f"{thread}#2", "customer", 1.75, 2.0, "Hi."),
    ]


def test_json_of_several_conversations(read):
    one = {"call_id": 7, "started_at": "2026-03-04T10:00:00+01:00", **WHISPER}
    two = {**one, "call_id": 8}
    lines = "\n".join(map(json.dumps, (one, two)))
    for text in (json.dumps([one, two]), lines):
        rows = read(JSON, "f.json", text)
        assert fields(rows, "message_id", "sent_at") == [
            ("7#1", "2026-03-04T10:00:00+01:00"),
            ("7#2", "2026-03-04T10:00:01.750000+01:00"),
            ("8#1", "2026-03-04T10:00:00+01:00"),
            ("8#2", "2026-03-04T10:00:01.750000+01:00"),
        ]
        assert [number for _, number, _ in rows] == [1, 2, 3, 4]


def test_bare_segments_are_one_conversation_for_each_id(read):
    loose = [
        {"call_id": call, "start": 0, "end": 1, "text": word, "speaker": "agent"}
        for call, word in (("a", "one"), ("b", "two"), ("a", "three"))
    ]
    rows = read(JSON, "f.json", json.dumps(loose))
    assert fields(rows, "message_id", "body") == [("a#1", "one"), ("a#2", "three"), ("b#1", "two")]


def test_times_that_nobody_can_speak_in_are_refused(read):
    slow = {"utterances": [{"start": 0, "end": 60_000, "text": "word " * 100, "speaker": "A"}]}
    rows = read(JSON, "f.json", json.dumps(slow))
    assert "100 words in 60000 seconds" in refused(rows)[0]
    rows = read(JSON, "f.json", json.dumps(slow), time_unit="milliseconds")
    assert fields(rows, "end_s") == [(60.0,)]


def test_broken_segments_are_refused_by_themselves(read):
    segments = [
        3,
        {"start": 1, "end": 2},
        {"start": 2, "end": 1, "text": "backwards"},
        {"start": -1, "end": 1, "text": "before"},
        {"start": "soon", "end": None, "text": "kept"},
        {"start": True, "text": "kept"},
        {"text": "untimed"},
    ]
    rows = read(JSON, "f.json", json.dumps({"segments": segments}))
    assert refused(rows) == [
        "the segment is not an object",
        "the segment has no words",
        "the segment ends before it begins",
        "the time of the segment is no place in a recording",
    ]
    # What is no time is given as it is: the account counts it as unreadable.
    assert fields(rows, "start_s", "end_s", "body") == [
        ("soon", None, "kept"),
        ("true", None, "kept"),
        (None, None, "untimed"),
    ]
    rows = read(JSON, "f.json", '{"segments": [{"start": NaN, "text": "a"}]}')
    assert refused(rows) == ["the time of the segment is no place in a recording"]


def test_of_json_that_is_cut_short_the_segments_before_the_cut_are_read(read):
    text = json.dumps(WHISPER)
    rows = read(JSON, "f.json", text[: text.rindex("SPEAKER_01") - 5])
    assert [body for (body,) in fields(rows, "body")] == ["Hello."]
    assert len(refused(rows)) == 1


@pytest.mark.parametrize(
    ("source", "sample"),
    [(WEBVTT, VTT), (SUBRIP, SRT), (JSON, json.dumps(CONNECT))],
    ids=["webvtt", "subrip", "json"],
)
def test_hostile_files_end_in_rows_and_reasons(source, sample, tmp_path):
    for name, path in hostile_files(tmp_path / "h", sample.encode()).items():
        rows = read_source(source, [path], {"speakers": SPEAKERS})
        assert all(isinstance(row, dict | ValueError | Skipped) for _, _, row in rows), name
        keys = [(file, number) for file, number, _ in rows]
        assert len(set(keys)) == len(keys), name


def test_readers_take_nothing_for_granted_in_an_empty_file(noted):
    for function, name in ((read_webvtt, "a.vtt"), (read_subrip, "a.srt"), (read_json, "a.json")):
        rows, notes = noted(function, {name: "  \n"})
        assert rows == []
        assert notes == [f"{name}: the file is empty"]
