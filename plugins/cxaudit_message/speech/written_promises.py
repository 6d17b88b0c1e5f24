"""Finds promises in what the organisation wrote, when they fall due, and whether they were kept.

A promise is a sentence in which the writer's side says in the future tense that it will call,
reply, refund, send, come or repair. No promises are questions, what depends on a condition
("if", "once", "when you"), what is only hoped ("hopefully", "perhaps", "try to"), what is done at
once ("I will now send"), and what is quoted. The words are English.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from cxaudit_message.speech.due_dates import due_in
from cxaudit_message.speech.wording import (
    alternatives,
    in_any_case,
    masked,
    sentences,
    vocabulary,
)

__all__ = ["Found", "derive", "promises_in"]

SITTING = dt.timedelta(minutes=15)
"""Without such a pause a later message belongs to the sitting in which the promise was given."""
SOON = dt.timedelta(hours=1)
"""A promise for so soon may be kept in the same sitting."""

_QUOTED = 300
_AS_IN_MESSAGE = (
    "thread_id",
    "channel",
    "agent",
    "is_auto",
    "unit",
    "touchpoint",
    "_source",
    "_row",
    "_zone",
)
_BY_FIRM = ("agent", "bot", "system")
_SOON_AS_WE_CAN = re.compile(
    r"\bas (?:soon|quickly|fast) as (?:possible|(?:we|i) (?:possibly )?can)\b", re.IGNORECASE
)


@attrs.frozen
class _Grammar:
    """Patterns of promises, by kind where there are kinds."""

    screen: Callable[[str], Iterator[re.Match[str]]]
    anchor: re.Pattern[str]
    never: re.Pattern[str]
    deeds: Mapping[str, re.Pattern[str]]
    passive: Mapping[str, re.Pattern[str]]
    done: Mapping[str, re.Pattern[str]]


@functools.cache
def _grammar() -> _Grammar:
    words = vocabulary()["promise"]
    lead = f"(?:{alternatives(words['next'])})(?:{alternatives(['<adverb>'])})"

    def by_kind(name: str, before: str) -> dict[str, re.Pattern[str]]:
        return {
            kind: _pattern(rf"{before}(?:{alternatives(entries)})(?!\w)")
            for kind, entries in words[name].items()
        }

    return _Grammar(
        screen=in_any_case(alternatives(words["screen"])),
        anchor=_pattern(rf"\b(?:{alternatives(words['anchors'])})"),
        never=_pattern(rf"\b(?:{alternatives(words['never'])})(?!\w)"),
        deeds=by_kind("deeds", lead),
        passive=by_kind("passive", r"\b"),
        done=by_kind("done", r"(?<!\w)"),
    )


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


@attrs.frozen
class Found:
    """A promise in a text: its kind, its sentence, and the words that may say when."""

    kind: str
    what: str
    behind: str
    before: str

    def due(self, written: dt.datetime) -> tuple[dt.datetime | None, str]:
        """Return when it falls due and the words that say so; nothing where it names no date."""
        return due_in(self.behind, written) or due_in(self.before, written) or (None, "")


def promises_in(body: str) -> Iterator[Found]:
    """Yield the promises of a text, each kind once for each thing said in the future tense."""
    if next(_grammar().screen(body), None) is None:
        return
    text = masked(body)
    for start, end in sentences(text):
        sentence = " ".join(text[start:end].split())
        bare = _SOON_AS_WE_CAN.sub("soon", sentence)
        if sentence.rstrip("\"') ").endswith("?") or _grammar().never.search(bare):
            continue
        what = " ".join(body[start:end].split())[:_QUOTED]
        for kind, at, behind in _deeds(sentence):
            yield Found(kind, what, behind, sentence[:at])


def _deeds(sentence: str) -> Iterator[tuple[str, int, str]]:
    """Yield kind, start and following words of each deed that a sentence promises."""
    grammar = _grammar()
    anchors = list(grammar.anchor.finditer(sentence))
    passive = _places(grammar.passive, sentence)
    limits = sorted({*(anchor.start() for anchor in anchors), *(at for at, _, _ in passive)})
    kinds: set[str] = set()
    for anchor in anchors:
        index = bisect_right(limits, anchor.start())
        clause = sentence[anchor.end() : limits[index] if index < len(limits) else len(sentence)]
        for _, last, kind in _apart(_places(grammar.deeds, clause)):
            if kind not in kinds:
                kinds.add(kind)
                yield kind, anchor.start(), sentence[anchor.end() + last :]
    for first, last, kind in _apart(passive):
        if kind not in kinds:
            kinds.add(kind)
            yield kind, first, sentence[last:]


def _places(patterns: Mapping[str, re.Pattern[str]], text: str) -> list[tuple[int, int, str]]:
    hits = ((kind, pattern.search(text)) for kind, pattern in patterns.items())
    return [(match.start(), match.end(), kind) for kind, match in hits if match]


def _apart(places: list[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """Yield spans in order, without those that begin inside an earlier one."""
    end = -1
    for first, last, kind in sorted(places, key=lambda span: (span[0], -span[1])):
        if first >= end:
            yield first, last, kind
            end = last


Read = Callable[[str], Iterator[Mapping[str, Any]]]


def derive(read: Read, parameters: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of `written_promises`.

    A promise to reply is kept by the first message of a person of the organisation after a pause
    of 15 minutes, so that "you're welcome" keeps none; one that falls due within an hour by the
    first message of all. Another is known to be kept only where a later message says that it was.
    """
    del parameters
    tests = {thread["thread_id"] for thread in read("threads") if thread["is_test"]}
    real = (message for message in read("messages") if message["thread_id"] not in tests)
    promises = [row for message in real for row in _rows(message)]
    if not promises:
        return
    threads = _Threads({row["thread_id"] for row in promises})
    for message in read("messages"):
        threads.add(message)
    for row in promises:
        kept_at = threads.kept_at(row)
        due = row["due_at"]
        kept = None if kept_at is None else due is None or kept_at <= due
        yield {**row, "kept_at": kept_at, "kept": kept}


def _rows(message: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    sent = message["sent_at"]
    by_firm = message["author_role"] in _BY_FIRM and message["channel"] != "voice"
    if not by_firm or sent is None or not _counts(message) or not message["body"]:
        return
    for number, promise in enumerate(promises_in(message["body"]), start=1):
        key = message["message_id"] or f"{message['_source']}:{message['_row']}"
        due, words = promise.due(sent.astimezone(ZoneInfo(message["_zone"] or "UTC")))
        yield {
            "promise_id": f"{key}/{number}",
            "kind": promise.kind,
            "what": promise.what,
            "due_words": words or None,
            "promised_at": sent,
            "due_at": due.astimezone(dt.UTC) if due else None,
            **{name: message[name] for name in _AS_IN_MESSAGE},
        }


def _counts(message: Mapping[str, Any]) -> bool:
    return not message["is_private"] and not message["is_test"]


@attrs.define
class _Threads:
    """What was said in the threads that hold promises, and when."""

    wanted: set[Any]
    times: dict[Any, list[dt.datetime]] = attrs.field(factory=dict)
    answers: dict[Any, list[tuple[dt.datetime, str]]] = attrs.field(factory=dict)

    def add(self, message: Mapping[str, Any]) -> None:
        """Take a message; it counts when the customer sees it."""
        thread, sent = message["thread_id"], message["sent_at"]
        if thread is None or thread not in self.wanted or sent is None or not _counts(message):
            return
        self.times.setdefault(thread, []).append(sent)
        if message["author_role"] == "agent" and not message["is_auto"]:
            self.answers.setdefault(thread, []).append((sent, message["body"] or ""))

    def kept_at(self, row: Mapping[str, Any]) -> dt.datetime | None:
        """Return when a promise was kept, as far as its thread tells."""
        promised_at = row["promised_at"]
        answers = sorted(self.answers.get(row["thread_id"], ()))
        if row["kind"] == "reply":
            after = promised_at
            if row["due_at"] is None or row["due_at"] - promised_at > SOON:
                after = self._sitting_end(row["thread_id"], promised_at)
            return next((sent for sent, _ in answers if sent > after), None)
        done = _grammar().done.get(row["kind"])
        return next(
            (
                sent
                for sent, text in answers
                if sent > promised_at and done and done.search(masked(text))
            ),
            None,
        )

    def _sitting_end(self, thread: Any, promised_at: dt.datetime) -> dt.datetime:
        end = promised_at
        for sent in sorted(self.times.get(thread, ())):
            if sent > end:
                if sent - end >= SITTING:
                    break
                end = sent
        return end
