"""Finds interruptions and silences in the times of a transcript."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import attrs

from cxaudit.plugin import Hit
from cxaudit_message.speech.wording import backchannel

__all__ = ["DEAD_AIR_S", "interruptions", "silences"]

OVERLAP_S = 0.5
"""The customer must still speak for so long after the agent has begun."""
PAUSE_S = 1.0
"""Cues of one speaker that lie closer than this are one turn."""
DEAD_AIR_S = 10.0
FEW_WORDS = 2
"""A turn of no more words does not take the floor."""
_SHOWN_WORDS = 12

Batches = Iterable[Sequence[Mapping[str, Any]]]


@attrs.define
class _Turn:
    """Cues of one speaker without a pause between them."""

    start: float
    end: float
    words: list[str]
    source: str
    row: int


def interruptions(batches: Batches) -> Iterator[Hit]:
    """Yield each turn of the agent that cuts the customer short.

    It begins after the customer's turn has begun and at least 0.5 s before that ends, and goes on
    when that has ended. Signals of listening ("mhm", "okay", "I see") and turns of one or two
    words take no floor. Cues of one speaker with less than a second between them are one turn.
    """
    for rows in _conversations(batches):
        spoken = [row for row in rows if row["end_s"] is not None]
        customer = _turns(row for row in spoken if row["author_role"] == "customer")
        agent = _turns(
            row
            for row in spoken
            if row["author_role"] == "agent" and not backchannel(row["body"] or "")
        )
        current = 0
        for turn in agent:
            while current < len(customer) and customer[current].end - turn.start < OVERLAP_S:
                current += 1
            if current == len(customer) or len(turn.words) <= FEW_WORDS:
                continue
            cut = customer[current]
            if cut.start < turn.start and cut.end <= turn.end:
                last_words = " ".join(cut.words[-_SHOWN_WORDS:])
                over = " ".join(turn.words[:_SHOWN_WORDS])
                yield Hit(
                    detector="",
                    source=turn.source,
                    row=turn.row,
                    label="interruption",
                    quote=f"customer: {last_words} / agent: {over}",
                )


def silences(batches: Batches) -> Iterator[Hit]:
    """Yield the turn after each silence of more than ten seconds, whoever speaks."""
    for rows in _conversations(batches):
        heard: float | None = None
        for row in rows:
            start = row["start_s"]
            if heard is not None and start - heard > DEAD_AIR_S:
                yield Hit(
                    detector="",
                    source=row["_source"],
                    row=row["_row"],
                    label="silence",
                    quote=f"silence of {start - heard:.1f} s",
                )
            end = start if row["end_s"] is None else row["end_s"]
            heard = end if heard is None else max(heard, end)


def _conversations(batches: Batches) -> Iterator[list[Mapping[str, Any]]]:
    """Yield the rows of each conversation in the order of speech; one file is held at a time.

    Rows come by file. Two files have two clocks, so that a conversation ends with its file.
    """
    rows = (row for batch in batches for row in batch)
    for _, of_file in groupby(rows, key=lambda row: row["_source"]):
        threads: dict[Any, list[Mapping[str, Any]]] = {}
        for row in of_file:
            threads.setdefault(row["thread_id"], []).append(row)
        for turns in threads.values():
            turns.sort(key=lambda row: (row["start_s"], row["_row"]))
            yield turns


def _turns(rows: Iterable[Mapping[str, Any]]) -> list[_Turn]:
    """Return the turns of one speaker, from cues in the order of speech."""
    turns: list[_Turn] = []
    for row in rows:
        words = (row["body"] or "").split()
        if turns and row["start_s"] - turns[-1].end < PAUSE_S:
            turns[-1].end = max(turns[-1].end, row["end_s"])
            turns[-1].words += words
        else:
            turn = _Turn(row["start_s"], row["end_s"], words, row["_source"], row["_row"])
            turns.append(turn)
    return turns
