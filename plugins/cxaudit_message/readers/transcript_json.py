"""Reads transcripts in JSON: whisper's segments, exports of vendors, and plain arrays."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from cxaudit.plugin import ReadRequest, Rows
from cxaudit.records import json_records
from cxaudit_message.readers.turns import (
    COLUMNS,
    FileName,
    Row,
    Speakers,
    Turn,
    clock_seconds,
    readers_of,
    row_of,
)

__all__ = ["read"]

SEGMENTS = (
    "segments",
    "utterances",
    "Transcript",
    "transcript",
    "results.utterances",
    "results.audio_segments",
    "output.segments",
    "phrases",
    "turns",
    "messages",
)
START = ("start", "start_s", "start_time", "startTime", "begin", "start_seconds")
END = ("end", "end_s", "end_time", "endTime", "finish", "end_seconds")
START_MS = ("BeginOffsetMillis", "startTimeMs", "start_ms", "startMs", "begin_ms")
END_MS = ("EndOffsetMillis", "endTimeMs", "end_ms", "endMs")
SPEAKER = (
    "ParticipantRole",
    "ParticipantId",
    "participantPurpose",
    "speaker",
    "speaker_label",
    "speakerLabel",
    "speaker_id",
    "speaker_name",
    "participant",
    "role",
    "channel",
)
TEXT = ("text", "Content", "transcript", "content", "words_text", "body", "sentence")
THREAD = (
    "conversation_id",
    "conversationId",
    "thread_id",
    "call_id",
    "callId",
    "CustomerMetadata.ContactId",
    "ContactId",
    "contact_id",
    "interaction_id",
)
STARTED = ("started_at", "startedAt", "conversationStart", "call_started_at")

_RAW = 500
_MILLI = 1000.0
_LONGEST = 1e7
"""A place beyond 115 days is none in a recording."""
_ENOUGH_WORDS = 10
_SLOWEST = 0.02
"""Nobody says fewer words a second over a whole conversation: then the unit of time is wrong."""

_MISSING = object()


def read(request: ReadRequest) -> Rows:
    """Return the turns of transcripts."""
    notes: list[str] = []
    speakers, names = readers_of(request)
    reader = _Reader(request.use.options, speakers, names)

    def rows() -> Iterator[Row]:
        for file, file_name in zip(request.files, request.shown, strict=True):
            one = attrs.evolve(request, files=(file,), shown=(file_name,))
            yield from reader.file(one, file_name, notes)
        notes.extend((*speakers.notes(), *names.notes()))

    return Rows(rows=rows(), columns=COLUMNS, notes=notes)


class _Reader:
    """Reads files by a source's options."""

    def __init__(self, options: Mapping[str, Any], speakers: Speakers, names: FileName) -> None:
        self._speakers = speakers
        self._names = names
        self._segments = _tried(options, "segments_key", SEGMENTS)
        self._thread = _tried(options, "thread_key", THREAD)
        self._started = _tried(options, "started_at_key", STARTED)
        self._text = _tried(options, "text_key", TEXT)
        self._speaker = _tried(options, "speaker_key", SPEAKER)
        scale = 1 / _MILLI if options.get("time_unit") == "milliseconds" else 1.0
        self._start = _times(options, "start_key", START, START_MS, scale)
        self._end = _times(options, "end_key", END, END_MS, scale)

    def file(self, request: ReadRequest, file_name: str, notes: list[str]) -> Iterator[Row]:
        """Yield the rows of one file: turns are counted from 1 over all its conversations."""
        number = 0
        positions: dict[str, int] = {}
        thread, started = self._names.read(file_name)
        for conversation in self._conversations(request, notes):
            if isinstance(conversation, ValueError):
                number += 1
                yield file_name, number, conversation
                continue
            name = self._identifier(conversation, self._thread, thread)
            begun = self._names.instant(_at(conversation, self._started)) or started
            turns = [self._turn(segment) for segment in conversation["segments"]]
            wrong = _wrong_unit([turn for turn in turns if isinstance(turn, Turn)])
            for turn in turns:
                number += 1
                if isinstance(turn, ValueError):
                    yield file_name, number, turn
                    continue
                if wrong:
                    yield file_name, number, wrong
                    continue
                positions[name] = positions.get(name, 0) + bool(turn.text.strip())
                row = row_of(
                    turn,
                    self._speakers,
                    thread=name,
                    position=positions[name],
                    started=begun,
                    file_name=file_name,
                )
                yield file_name, number, row

    def _conversations(
        self, request: ReadRequest, notes: list[str]
    ) -> Iterator[dict[str, Any] | ValueError]:
        """Yield conversations: each with its list under ``segments``.

        Segments that lie bare in a file are one conversation for each id that they give.
        """
        loose: dict[Any, list[Any]] = {}
        for record in self._records(request, notes):
            if isinstance(record, ValueError):
                yield record
                continue
            segments = _at(record, self._segments, kind=list)
            if segments is not _MISSING:
                yield {**record, "segments": segments}
            elif _at(record, self._text) is not _MISSING:
                loose.setdefault(self._identifier(record, self._thread, None), []).append(record)
            else:
                yield ValueError("the record holds neither segments nor words", _raw(record))
        for segments in loose.values():
            yield {**segments[0], "segments": segments}

    def _records(
        self, request: ReadRequest, notes: list[str]
    ) -> Iterator[dict[str, Any] | ValueError]:
        """Yield the objects of a file; of one that is cut short, the segments before the cut."""
        records = [record for _, _, record in json_records(request, notes=notes)]
        if any(isinstance(record, ValueError) for record in records):
            places = {name.split(".")[-1] for name in self._segments}
            again = [record for _, _, record in json_records(request, *sorted(places))]
            if sum(isinstance(record, dict) for record in again) > sum(
                isinstance(record, dict) for record in records
            ):
                records = again
        yield from records

    def _turn(self, segment: Any) -> Turn | ValueError:
        if not isinstance(segment, dict):
            return ValueError("the segment is not an object", _raw(segment))
        text = _at(segment, self._text)
        if not isinstance(text, str):
            return ValueError("the segment has no words", _raw(segment))
        start, end = _seconds(segment, self._start), _seconds(segment, self._end)
        times = [time for time in (start, end) if isinstance(time, float)]
        if not all(0 <= time <= _LONGEST for time in times):
            return ValueError("the time of the segment is no place in a recording", _raw(segment))
        if len(times) > 1 and times[1] < times[0]:
            return ValueError("the segment ends before it begins", _raw(segment))
        speaker = _at(segment, self._speaker)
        named = "" if speaker is _MISSING or speaker is None else _plain(speaker)
        return Turn(start, end, named, text)

    @staticmethod
    def _identifier(record: Mapping[str, Any], keys: tuple[str, ...], otherwise: Any) -> Any:
        value = _at(record, keys)
        return _plain(value) if isinstance(value, str | int) and str(value).strip() else otherwise


def _tried(options: Mapping[str, Any], option: str, usual: tuple[str, ...]) -> tuple[str, ...]:
    key = options.get(option)
    return (key,) if key else usual


def _times(
    options: Mapping[str, Any],
    option: str,
    plain: tuple[str, ...],
    milli: tuple[str, ...],
    scale: float,
) -> dict[str, float]:
    """Return keys of a time and what makes seconds of each; the names of some tell their unit."""
    if key := options.get(option):
        return {key: 1 / _MILLI if key in milli else scale}
    return dict.fromkeys(milli, 1 / _MILLI) | dict.fromkeys(plain, scale)


def _at(record: Mapping[str, Any], keys: tuple[str, ...], kind: type | None = None) -> Any:
    """Return the value of the first key that is there; dots lead into objects."""
    for key in keys:
        value: Any = record.get(key, _MISSING)
        if value is _MISSING and "." in key:
            value = record
            for part in key.split("."):
                value = value.get(part, _MISSING) if isinstance(value, dict) else _MISSING
        if (
            value is not _MISSING
            and value is not None
            and (kind is None or isinstance(value, kind))
        ):
            return value
    return _MISSING


def _seconds(segment: Mapping[str, Any], keys: Mapping[str, float]) -> float | str | None:
    """Return a time in seconds; what cannot be read stays as it is, for the account to count."""
    for key, scale in keys.items():
        raw = _at(segment, (key,))
        if raw is _MISSING:
            continue
        if isinstance(raw, str):
            clock = clock_seconds(raw)
            if clock is not None:
                return clock
            try:
                value = float(raw.strip().removesuffix("s"))
            except ValueError:
                return _raw(raw)
        elif isinstance(raw, int | float) and not isinstance(raw, bool):
            value = float(raw)
        else:
            return _raw(raw)
        return value * scale
    return None


def _wrong_unit(turns: list[Turn]) -> ValueError | None:
    """Return why the times of a conversation cannot be seconds, or None."""
    words = spoken = 0.0
    for turn in turns:
        if isinstance(turn.start, float) and isinstance(turn.end, float):
            words += len(turn.text.split())
            spoken += turn.end - turn.start
    if words < _ENOUGH_WORDS or words >= _SLOWEST * spoken:
        return None
    return ValueError(
        f"the conversation would have {words:.0f} words in {spoken:.0f} seconds; "
        "if its times are milliseconds, set the option time_unit"
    )


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else _raw(value)


def _raw(value: Any) -> str:
    return (value if isinstance(value, str) else json.dumps(value, default=str))[:_RAW]
