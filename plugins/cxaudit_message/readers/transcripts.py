"""Reads transcripts in WebVTT and SubRip.

Written by hand: webvtt-py drops broken cues without a word, gives two voices of one cue to the
first, and leaves entities as they are.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from itertools import groupby

import attrs

from cxaudit.plugin import ReadRequest, Rows
from cxaudit.records import lines
from cxaudit_message.readers.turns import (
    COLUMNS,
    FileName,
    Row,
    Speakers,
    Turn,
    Unlisted,
    clock_seconds,
    readers_of,
    row_of,
)

__all__ = ["read_subrip", "read_webvtt"]

Line = tuple[int, str]

_TIMING = re.compile(r"\s*([\d:.,]+)[ \t]*-->[ \t]*([\d:.,]+)(?:\s.*)?")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?(?:[ \t]([^<>]*))?>|</v>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<[\d:.]+>|\{\\[^{}]*\}")
_BLOCKS = ("NOTE", "STYLE", "REGION")
_NAMED = re.compile(r"\s*(?:[-\u2013>]+\s*)?([^\W\d_][\w.'()-]*(?: [\w.'()-]+){0,3}):(?:\s|$)")
_LISTED = re.compile(r"\s*(?:[-\u2013>]+\s*)?\[?([^:\[\]<>\n]{1,80}?)\]?\s*:(?:\s+|$)")
_RAW = 500
_LONGEST_NAME = 80


def read_webvtt(request: ReadRequest) -> Rows:
    """Return the turns of WebVTT files."""
    return _read(request, webvtt=True)


def read_subrip(request: ReadRequest) -> Rows:
    """Return the turns of SubRip files."""
    return _read(request, webvtt=False)


def _read(request: ReadRequest, *, webvtt: bool) -> Rows:
    notes: list[str] = []
    speakers, names = readers_of(request)
    options = request.use.options
    reader = _Reader(
        speakers,
        names,
        webvtt=webvtt,
        carry=bool(options.get("unnamed_continue")),
        named=bool(options.get("names_before_colon")),
    )

    def rows() -> Iterator[Row]:
        numbered = lines(request, notes)
        for file_name, group in groupby(numbered, key=lambda line: line[0]):
            yield from reader.file(file_name, [(number, text) for _, number, text in group])
        notes.extend((*speakers.notes(), *names.notes(), *reader.notes()))

    return Rows(rows=rows(), columns=COLUMNS, notes=notes)


@attrs.define
class _Reader:
    """Reads files of one of the two formats.

    Attributes:
        candidates: What stands before a colon where a name might, and is not listed; where.
    """

    speakers: Speakers
    names: FileName
    webvtt: bool = attrs.field(kw_only=True)
    carry: bool = attrs.field(kw_only=True)
    named: bool = attrs.field(kw_only=True)
    candidates: Unlisted = attrs.field(factory=Unlisted, init=False)

    def file(self, file_name: str, numbered: list[Line]) -> Iterator[Row]:
        """Yield the rows of one file: turns are counted from 1, broken cues among them."""
        thread, started = self.names.read(file_name)
        speaker = ""
        number = 0
        position = 0
        for cue in self._cues(numbered):
            if isinstance(cue, ValueError):
                number += 1
                yield file_name, number, cue
                continue
            for turn in self._turns(file_name, cue, speaker if self.carry else ""):
                number += 1
                position += bool(turn.text.strip())
                speaker = turn.speaker
                row = row_of(
                    turn,
                    self.speakers,
                    thread=thread,
                    position=position,
                    started=started,
                    file_name=file_name,
                )
                yield file_name, number, row

    def notes(self) -> Iterator[str]:
        """Yield what a reader of the account should know."""
        if self.candidates.counts:
            yield (
                "lines begin as if with a name that the option speakers does not list: "
                f"{self.candidates.summary()}"
            )

    def _cues(self, numbered: list[Line]) -> Iterator[_Cue | ValueError]:
        blocks = list(_blocks(numbered))
        if self.webvtt:
            number, first = blocks[0][0] if blocks else (1, "")
            if not re.fullmatch(r"WEBVTT(?:[ \t].*)?", first):
                reason = f"line {number}: a WebVTT file begins with WEBVTT, and this one does not"
                yield ValueError(reason, first[:_RAW])
                return
            head = blocks[0][1:]
            blocks = [head, *blocks[1:]] if any("-->" in text for _, text in head) else blocks[1:]
        for block in blocks:
            if not (self.webvtt and _is_comment(block)):
                yield from self._block(block)

    def _block(self, block: list[Line]) -> Iterator[_Cue | ValueError]:
        """Yield the cues of a run of lines: more than one where an empty line is missing."""
        starts = [start for start, (_, text) in enumerate(block) if "-->" in text]
        if not starts:
            reason = f"line {block[0][0]}: words or a cue's name without a time"
            yield ValueError(reason, "\n".join(text for _, text in block)[:_RAW])
            return
        for start, following in zip(starts, [*starts[1:], len(block)], strict=True):
            words = [text for _, text in block[start + 1 : following]]
            if following < len(block) and words and words[-1].strip().isdigit():
                words.pop()  # the number of the next cue
            yield _cue(*block[start], words)

    def _turns(self, file_name: str, cue: _Cue, speaker: str) -> Iterator[Turn]:
        """Yield the turns of a cue: one for each speaker that it names."""
        words: list[str] = []
        for number, (voice, text) in enumerate(_voices(cue.words)):
            heard = html.unescape(_TAG.sub("", text))
            name = voice
            if voice is None and self.named and not number:
                name, heard = _before_colon(heard)
            elif voice is None:
                name, heard = self._named(heard, f"{file_name}, cue in line {cue.line}")
            if name is not None and name != speaker:
                if "".join(words).strip():
                    yield Turn(cue.start, cue.end, speaker, " ".join(words))
                words = []
                speaker = name
            words.append(heard.strip())
        yield Turn(cue.start, cue.end, speaker, " ".join(filter(None, words)))

    def _named(self, text: str, location: str) -> tuple[str | None, str]:
        """Return the speaker that a line names before a colon, and what is said."""
        listed = _LISTED.match(text)
        if listed and self.speakers.knows(listed[1]):
            return listed[1].strip(), text[listed.end() :]
        if match := _NAMED.match(text):
            self.candidates.add(match[1], location)
        return None, text


@attrs.frozen
class _Cue:
    """Words with the time in which they are shown, in seconds, and the line that says it."""

    line: int
    start: float
    end: float
    words: list[str]


def _cue(number: int, timing: str, words: list[str]) -> _Cue | ValueError:
    raw = "\n".join((timing, *words))[:_RAW]
    match = _TIMING.fullmatch(timing)
    start, end = map(clock_seconds, match.groups()) if match else (None, None)
    if start is None or end is None:
        return ValueError(f"line {number}: the time of the cue cannot be read", raw)
    if end < start:
        return ValueError(f"line {number}: the cue ends before it begins", raw)
    return _Cue(number, start, end, words)


def _blocks(numbered: list[Line]) -> Iterator[list[Line]]:
    """Yield runs of lines that no empty line parts."""
    block: list[Line] = []
    last = 0
    for number, text in numbered:
        if block and (number != last + 1 or not text.strip()):
            yield block
            block = []
        if text.strip():
            block.append((number, text))
        last = number
    if block:
        yield block


def _is_comment(block: list[Line]) -> bool:
    if any("-->" in text for _, text in block):
        return False
    first = block[0][1]
    return any(first == word or first.startswith((f"{word} ", f"{word}\t")) for word in _BLOCKS)


def _voices(words: Sequence[str]) -> Iterator[tuple[str | None, str]]:
    """Yield (name, words) of each voice in each line of a cue; None where no voice is marked.

    A voice goes on over lines until it is closed, and its mark may stand on a line of its own.
    """
    name: str | None = None
    for line in words:
        at = 0
        for match in _VOICE.finditer(line):
            if line[at : match.start()].strip():
                yield name, line[at : match.start()]
            name = html.unescape(match[1] or "").strip() or None
            at = match.end()
        if line[at:].strip():
            yield name, line[at:]


def _before_colon(text: str) -> tuple[str | None, str]:
    """Return the name that a cue begins with, as Zoom writes it, and what is said."""
    name, colon, heard = text.partition(": ")
    return (
        (name.strip(), heard) if colon and 0 < len(name.strip()) <= _LONGEST_NAME else (None, text)
    )
