"""What a saved result says, it says by code and values, and a reader believes neither blindly."""

from __future__ import annotations

import json

import attrs
import pytest

from cxaudit._formats.result_json import from_json, render_json
from cxaudit._model.result import Note
from cxaudit._model.said import Said, joined
from cxaudit._words.language import speaking, translated

FEW = Said("too-few-rows", n=1204, least=3000)
IDLE = Said("detector-idle", detector="x.y", reason=FEW)


@pytest.fixture
def saved(audit):
    """Return the JSON values of a result with a note of several sentences."""
    note = Note(subject="calls", text=joined([IDLE, "ask the shop"]))
    return json.loads(render_json(attrs.evolve(audit("mixed"), notes=(note,))))


def german_note(data):
    with speaking("de"):
        return translated(from_json(data).notes[0].text)


def test_a_saved_sentence_is_said_in_another_language(saved):
    assert german_note(saved) == (
        "der Detektor x.y kann nicht laufen: 1.204 Zeilen, nötig sind 3.000; ask the shop"
    )


def test_a_saved_result_is_written_again_as_it_was(saved):
    assert json.loads(render_json(from_json(saved))) == saved


def test_an_older_result_keeps_its_english_words(saved):
    del saved["sentences"]
    assert german_note(saved) == saved["notes"][0]["text"]


@pytest.mark.parametrize(
    "entry",
    [
        {"code": "no-such-code", "values": {}},
        {"code": "target-absent", "values": {}},
        {"code": "too-few-rows", "values": {"n": 1}},
        {"code": "too-few-rows", "values": {"n": 1, "least": 2, "more": 3}},
        {"code": "clauses", "values": {"parts": 5}},
        {"code": "clauses", "values": {"parts": [{"code": "clauses"}]}},
        {"code": ["clauses"], "values": {"parts": []}},
        {"values": None},
        {"day": "never"},
        "text",
        None,
        7,
    ],
    ids=range(12),
)
def test_what_does_not_give_its_text_is_a_plain_text(saved, entry):
    text = saved["notes"][0]["text"]
    saved["sentences"] = {text: entry}
    assert german_note(saved) == text


@pytest.mark.parametrize("sentences", [None, [], "x", 5], ids=range(4))
def test_sentences_that_are_none_are_passed_over(saved, sentences):
    saved["sentences"] = sentences
    assert german_note(saved) == saved["notes"][0]["text"]
