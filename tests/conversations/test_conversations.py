"""Conversations: what the table says of each, and what the metrics make of them."""

from __future__ import annotations

import csv
import gzip
import random
from pathlib import Path

import pytest

from cxaudit import Session
from cxaudit_message.speech.wording import masked, matches

NAMES = (
    "greeted",
    "thanked",
    "acknowledged-first",
    "blaming",
    "cannot-before-can",
    "interruptions",
    "interrupted",
    "overlapping",
    "agent-talk-share",
    "dead-air",
)


def said(thread, role, body, **further):
    return {
        "message_id": None,
        "thread_id": thread,
        "author_role": role,
        "body": body,
        "touchpoint": "message",
        **further,
    }


def numbered(*messages):
    places = {}
    rows = []
    for number, message in enumerate(messages, 1):
        place = places[message["thread_id"]] = places.get(message["thread_id"], 0) + 1
        rows.append({"position": place, **message, "message_id": f"m{number}"})
    return rows


def spoken(thread, role, start, end, body):
    return said(thread, role, body, start_s=start, end_s=end, touchpoint="phone", channel="voice")


@pytest.fixture
def table(run):
    def start(*messages, **rest):
        ran = run({"messages": numbered(*messages), **rest}, spy=["conversations"])
        return {row["thread_id"]: row for row in ran.rows["conversations"]}

    return start


def test_courtesies_and_blame_are_those_of_people(table):
    found = table(
        said("a", "customer", "Hello, thank you for nothing. You should have called me."),
        said("a", "agent", "Hello, thank you for writing.", is_auto=True),
        said("a", "bot", "Good morning! Thanks."),
        said("a", "agent", "You should have read the terms. As I already said, no."),
        said("b", "customer", "Hi"),
        said("b", "agent", "Good morning, Lea here."),
        said("b", "agent", "you failed to pay", is_private=True),
        said("b", "customer", "ok"),
        said("b", "agent", "Thank you."),
        said("c", "customer", "Anybody there?"),
    )
    names = ("messages", "agent_messages", "greeted", "thanked", "blaming")
    assert {thread: tuple(row[name] for name in names) for thread, row in found.items()} == {
        "a": (4, 1, False, False, 2),
        "b": (4, 2, True, True, 0),
        "c": (1, 0, None, None, None),
    }
    assert found["a"]["blaming_words"] == (
        "You should have read the terms. | As I already said, no."
    )


def test_a_greeting_counts_in_the_first_two_turns_of_the_agent(table):
    turns = [
        said("a", role, body)
        for role, body in (
            ("agent", "One moment"),
            ("agent", "please"),
            ("customer", "yes"),
            ("agent", "Hello, sorry for the wait"),
        )
    ]
    late = [{**turn, "thread_id": "b"} for turn in turns[:-1]]
    late += [
        said("b", "agent", "Here it is"),
        said("b", "customer", "ok"),
        said("b", "agent", "Hi!"),
    ]
    found = table(*turns, *late)
    assert (found["a"]["greeted"], found["b"]["greeted"]) == (True, False)


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        ([("customer", "My lamp is broken"), ("agent", "Hello. I'm sorry to hear that.")], True),
        (
            [
                ("customer", "My lamp is broken"),
                ("agent", "Hi"),
                ("agent", "I am so sorry about that"),
            ],
            True,
        ),
        (
            [
                ("customer", "My lamp is broken"),
                ("agent", "What is your order number?"),
                ("agent", "I am so sorry about that"),
            ],
            False,
        ),
        (
            [
                ("customer", "My lamp is broken"),
                ("agent", "It is under warranty for two years. Sorry about that."),
            ],
            False,
        ),
        ([("customer", "My lamp is broken"), ("agent", "What is your order number?")], False),
        (
            [
                ("agent", "Hello, sorry for the wait."),
                ("customer", "My lamp is broken"),
                ("agent", "Which lamp do you have?"),
            ],
            False,
        ),
        ([("customer", "I'd like a lamp"), ("agent", "Sorry for the wait.")], None),
        ([("customer", "My lamp is broken")], None),
    ],
)
def test_a_problem_is_acknowledged_before_facts_and_questions(table, turns, expected):
    found = table(*(said("t", role, body) for role, body in turns))
    assert found["t"]["acknowledged_first"] is expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["We can't refund it, but we can exchange it."], True),
        (["We can exchange it. A refund is not possible."], False),
        (["We can exchange it.", "We cannot refund it."], False),
        (["That is impossible."], True),
        (["We can exchange it."], None),
        (["I'm sorry that you can't log in. I can send a new link."], None),
    ],
)
def test_cannot_before_can(table, words, expected):
    found = table(*(said("t", "agent", each) for each in words))
    assert found["t"]["cannot_before_can"] is expected


def test_talk_silence_and_overlap_are_those_of_the_clock(table):
    found = table(
        spoken("v", "agent", 0.0, 4.0, "Hello this is the bank"),
        spoken("v", "agent", 3.0, 5.0, "overlapping cue of one speaker"),
        spoken("v", "customer", 4.5, 10.0, "I have been calling for hours about"),
        spoken("v", "agent", 8.0, 12.0, "and what is your number please"),
        spoken("v", None, 20.0, 21.0, "music"),
        spoken("v", "customer", 32.5, 33.0, "hello"),
        said("w", "customer", "no times"),
        said("w", "agent", "no times"),
    )
    row = found["v"]
    assert row["agent_talk_s"] == 9.0
    assert row["customer_talk_s"] == 6.0
    assert row["overlap_s"] == pytest.approx(2.5)
    assert row["longest_silence_s"] == 11.5
    assert row["interruptions"] == 1
    assert row["interruption_words"] == (
        "customer: I have been calling for hours about / agent: and what is your number please"
    )
    assert (row["touchpoint"], row["channel"]) == ("phone", "voice")
    untimed = found["w"]
    assert (untimed["interruptions"], untimed["longest_silence_s"]) == (None, None)


def test_times_that_are_no_places_in_a_recording_count_for_nothing(table):
    found = table(
        spoken("v", "agent", 0.0, 4.0, "Hello this is the bank"),
        spoken("v", "agent", -5.0, 1e308, "Hello this is the bank"),
        spoken("v", "customer", 1e300, 1e308, "Hello this is me"),
        spoken("v", "customer", 5.0, 6.0, "Hello this is me"),
    )
    names = ("agent_talk_s", "customer_talk_s", "longest_silence_s", "interruptions")
    assert tuple(found["v"][name] for name in names) == (4.0, 1.0, 1.0, 0)


def test_who_spoke_last_and_whether_the_customer_asked(table):
    found = table(
        said("a", "agent", "Done."),
        said("a", "customer", "Where is the rest?"),
        said("a", "customer", "hello"),
        said("a", "agent", "This thread is closed.", is_auto=True),
        said("a", "system", "closed"),
        said("b", "customer", "Where is it?"),
        said("b", "agent", "Here."),
        said("b", "customer", "Thanks!"),
        threads=[
            {"thread_id": "a", "closed_at": "2026-03-05T10:00:00Z", "customer_key": "k",
             "queue": "Q", "opened_at": "2026-03-01T10:00:00Z"},
            {"thread_id": "b", "solved_at": "2026-03-06T10:00:00Z"},
        ],
    )  # fmt: skip
    names = ("last_speaker", "last_customer_asked")
    assert tuple(found["a"][name] for name in names) == ("customer", True)
    assert tuple(found["b"][name] for name in names) == ("customer", False)
    assert found["a"]["closed_at"].isoformat() == "2026-03-05T10:00:00+00:00"
    assert found["b"]["closed_at"].isoformat() == "2026-03-06T10:00:00+00:00"
    assert found["a"]["opened_at"].isoformat() == "2026-03-01T10:00:00+00:00"
    assert found["a"]["queue"] == "Q"


def test_mystery_contacts_are_left_out_and_a_row_stands_for_its_first_message(table):
    found = table(
        said("a", "customer", "x", sent_at="2026-03-05T10:00:00Z", position=2),
        said("a", "agent", "y", sent_at="2026-03-05T09:00:00Z", position=1),
        said("b", "agent", "y", is_test=True),
        said("b", "customer", "x"),
        said("c", "customer", "x"),
        said("d", "customer", "x", channel="voice"),
        threads=[{"thread_id": "c", "is_test": True}],
        calls=[{"call_id": "d", "is_test": True}],
    )
    assert {*found} == {"a"}
    assert (found["a"]["_source"], found["a"]["_row"], found["a"]["unit"]) == (
        "messages.json",
        2,
        "firm",
    )
    assert found["a"]["last_speaker"] == "customer"
    assert found["a"]["last_at"].isoformat() == "2026-03-05T10:00:00+00:00"


def test_spam_that_asks_was_not_closed_on_a_question(run):
    messages = numbered(said("a", "customer", "Is it open?"), said("b", "customer", "Rich now?"))
    closed = {"closed_at": "2026-03-05T10:00:00Z"}
    threads = [{"thread_id": "a", **closed}, {"thread_id": "b", **closed, "is_spam": True}]
    ran = run({"messages": messages, "threads": threads}, ["message.closed-on-question"])
    assert ran.value("message.closed-on-question") == (1.0, 1)


def test_metrics_count_conversations_to_which_they_apply(run):
    ran = run(
        {
            "messages": numbered(
                said("a", "customer", "It is broken"),
                said("a", "agent", "Hello, I'm sorry about that. You should have read the label."),
                said("b", "customer", "What time do you open?"),
                said("b", "agent", "We can't say. Thank you."),
                said("c", "customer", "Anybody?"),
                spoken("d", "customer", 0.0, 5.0, "so I wanted to ask you about the"),
                spoken("d", "agent", 4.0, 14.0, "no no no we cannot do that"),
                spoken("e", "customer", 0.0, 4.0, "good day"),
                spoken("e", "agent", 4.5, 10.5, "hello"),
                spoken("e", "customer", 24.0, 26.0, "yes"),
            )
        },
        [f"conversation.{name}" for name in NAMES],
        extra="[params.silence-seconds]\ntype = 'number'\nquestion = 'How long?'\nvalue = 10\n",
        touchpoint="organisation",
    )
    assert {name: ran.value(f"conversation.{name}") for name in NAMES} == {
        "greeted": (0.5, 4),
        "thanked": (0.25, 4),
        "acknowledged-first": (1.0, 1),
        "blaming": (0.25, 4),
        "cannot-before-can": (1.0, 2),
        "interruptions": (0.5, 2),
        "interrupted": (0.5, 2),
        "overlapping": (0.5, 2),
        "agent-talk-share": (pytest.approx(16 / 27), 2),
        "dead-air": (0.5, 2),
    }


def test_evidence_of_blame_quotes_the_words(run):
    ran = run(
        {
            "messages": numbered(
                said("a", "customer", "It is broken"),
                said("a", "agent", "You should have read the label, call 0171 2345678."),
            )
        },
        {"conversation.blaming": "0"},
    )
    (pieces,) = ran.result.evidence
    (piece,) = pieces.shown
    assert (piece.kind, piece.source, piece.key) == ("row", "messages.json", "1")
    assert piece.fields["blaming_words"].startswith("You should have read the label, call [")


def test_words_of_another_language_count_by_the_name_of_their_detector(run):
    extra = """[[detector]]
id = "acme.de.blame"
table = "messages"
column = "body"
where = "author_role = 'agent'"
phrases = { blame = ["selber schuld"] }
"""
    ran = run(
        {"messages": numbered(said("a", "agent", "Da sind Sie selber schuld."))},
        ["conversation.blaming"],
        spy=["conversations"],
        extra=extra,
    )
    assert ran.value("conversation.blaming") == (1.0, 1)
    assert ran.rows["conversations"][0]["blaming_words"] == "selber schuld"


def test_without_roles_the_metrics_say_what_is_missing(run):
    ran = run(
        {"messages": [{"message_id": "1", "thread_id": "a", "body": "x"}]}, ["conversation.greeted"]
    )
    found = ran.measured["cxaudit.conversation.greeted"]
    assert found.unavailable == "no source gives messages.author_role"


def test_a_transcript_goes_through_a_run(run, tmp_path):
    (tmp_path / "call-1.vtt").write_text(
        "WEBVTT\n\n00:00.000 --> 00:03.000\n<v Lea>Good morning, Harbour Bank.\n\n"
        "00:03.500 --> 00:09.000\n<v Caller>Hi, my card is broken and I have been waiting since\n\n"
        "00:08.000 --> 00:12.000\n<v Lea>I need your card number first please\n\n"
        "00:24.000 --> 00:26.000\n<v Caller>Can you repeat that?\n",
        encoding="utf-8",
    )
    source = """[sources.transcripts]
reader = "webvtt"
table = "messages"
path = "*.vtt"
unit = "firm"
options = { speakers = { agent = ["lea"], customer = ["caller"] } }
"""
    ran = run(
        {},
        ["conversation.interrupted", "conversation.acknowledged-first"],
        spy=["conversations", "hits"],
        source=source,
        touchpoint="phone",
    )
    assert ran.value("conversation.interrupted") == (1.0, 1)
    assert ran.value("conversation.acknowledged-first") == (0.0, 1)
    (row,) = ran.rows["conversations"]
    assert (row["thread_id"], row["greeted"], row["longest_silence_s"]) == ("call-1", True, 12.0)
    assert {(hit["detector"], hit["_row"]) for hit in ran.rows["hits"]} == {
        ("cxaudit.greeting", 1),
        ("cxaudit.problem", 2),
        ("cxaudit.interruption", 3),
        ("cxaudit.dead-air", 4),
        ("cxaudit.question", 4),
    }


def test_a_detector_that_fails_makes_the_metrics_unavailable(run, monkeypatch):
    from cxaudit_message.speech import wording

    def broken(batches):
        del batches
        message = "out of order"
        raise RuntimeError(message)

    monkeypatch.setattr(wording, "blame", broken)
    session = Session()
    with pytest.raises(AssertionError, match="out of order"):
        run({"messages": numbered(said("a", "agent", "you x"))}, ["conversation.greeted"],
            session=session)  # fmt: skip
    result = session.run(session.load(run.folder / "audit.toml"))
    (found,) = result.measurements
    assert found.unavailable == "detector cxaudit.blame failed: RuntimeError: out of order"


def test_file_names_and_speakers_reach_the_table(run, tmp_path):
    (tmp_path / "20260304T101500_77.srt").write_text(
        "1\n00:00:02,000 --> 00:00:03,000\nLea: Hello\n\n"
        "2\n00:01:00,000 --> 00:01:03,000\nBo: Hi\n",
        encoding="utf-8",
    )
    source = r"""[sources.transcripts]
reader = "subrip"
table = "messages"
path = "*.srt"
unit = "firm"
zone = "Europe/Paris"
[sources.transcripts.options]
speakers = { agent = ["Lea"], customer = ["Bo"] }
name_pattern = '(?P<started_at>\d{8}T\d{6})_(?P<thread_id>\w+)'
started_at_format = "%Y%m%dT%H%M%S"
[sources.transcripts.columns]
agent = "case when author_role = 'agent' then speaker end"
"""
    ran = run({}, spy=["conversations"], source=source, touchpoint="phone")
    (row,) = ran.rows["conversations"]
    assert (row["thread_id"], row["messages"], row["agent_messages"]) == ("77", 2, 1)
    assert row["opened_at"].isoformat() == "2026-03-04T09:15:02+00:00"
    assert row["last_at"].isoformat() == "2026-03-04T09:16:00+00:00"
    assert row["agent"] not in {None, "Lea"}


def test_thanks_are_found_in_sentences_that_others_labelled():
    """MultiDoGO (CDLA-Permissive-1.0): sentences of customers, each with one intent."""
    path = Path(__file__).parents[3] / "shared/data/multidogo/customer_sentences.csv.gz"
    if not path.is_file():
        pytest.skip("the real records are absent: there is no ../shared/data beside the repository")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    labelled = [row["utterance"] for row in rows if "thankyou" in row["intent"]]
    found = [text for text in labelled if matches("thanks", masked(text))]
    assert len(labelled) == 1156
    assert len(found) / len(labelled) > 0.9
    # A sentence has one label only: others may thank as well, but few.
    others = [row["utterance"] for row in rows if "thankyou" not in row["intent"]]
    assert sum(bool(matches("thanks", masked(text))) for text in others) / len(others) < 0.02


def test_times_of_talk_equal_a_count_of_seconds(table):
    """Random turns in whole seconds, against sets of the seconds that they cover."""
    chance = random.Random(7)
    turns, expected = [], {}
    for number in range(150):
        name = f"t{number}"
        covered = {"agent": set(), "customer": set(), None: set()}
        for _ in range(chance.randint(2, 9)):
            role = chance.choice(["agent", "customer", "agent", "customer", None])
            start = chance.randint(0, 80)
            end = start + chance.randint(1, 15)
            covered[role] |= set(range(start, end))
            turns.append(spoken(name, role, start, end, "so it goes on and on"))
        everyone = covered["agent"] | covered["customer"] | covered[None]
        gaps, run = [0], 0
        for second in range(min(everyone), max(everyone)):
            run = 0 if second in everyone else run + 1
            gaps.append(run)
        expected[name] = (
            len(covered["agent"]) or None,
            len(covered["customer"]) or None,
            len(covered["agent"] & covered["customer"]),
            max(gaps),
        )
    chance.shuffle(turns)
    found = table(*turns)
    for name, (agent, customer, overlap, silence) in expected.items():
        row = found[name]
        assert (row["agent_talk_s"], row["customer_talk_s"]) == (agent, customer), name
        if agent and customer:
            assert row["overlap_s"] == overlap, name
        assert row["longest_silence_s"] == silence, name
