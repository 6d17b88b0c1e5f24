"""Finds what is said in a text, by the lists of words that this package ships.

A space in the list stands for any white space, a space with ``?`` behind for some or none.
What an author only quotes is not said by them: lines that begin with ``>``, all below the head of
an older mail, and words in double quotes are not looked at, nor are web and mail addresses.
"""

from __future__ import annotations

import functools
import re
import tomllib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

from cxaudit.plugin import Hit

__all__ = [
    "LEADS",
    "alternatives",
    "backchannel",
    "in_any_case",
    "lists",
    "masked",
    "matches",
    "sentences",
    "vocabulary",
]

_LANGUAGE = "en"

_QUOTED_LINE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_OLDER_MAIL = re.compile(
    r"^[ \t]*(?:-{2,} ?(?:original message|forwarded message|reply above).*"
    r"|on [^\n]{4,150}(?:\n[^\n]{0,100})? wrote:"
    r"|from:[^\n]*\n(?:[^\n]*\n){0,3}?[ \t]*(?:sent|date|to|subject):.*)",
    re.MULTILINE | re.IGNORECASE,
)
_IN_QUOTES = re.compile(
    r'"[^"\n]{1,400}"|\u201c[^\u201d\n]{1,400}\u201d|\u00ab[^\u00bb\n]{1,400}\u00bb'
)
_ADDRESS = re.compile(
    r"\b(?:https?://|www\.)\S+|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?]+(?=[\s\"')\]\u201d]|$)[\"')\]\u201d]*|\n+")
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
LEADS = "hi|hello|hey|so|and|but|ok(?:ay)?|also|please|well|then|or|sorry"
"""One of these words may stand before a question."""
_LEAD = re.compile(rf"(?i)^(?:{LEADS})\b[\s,!.]*")
_STOPS = re.compile(r"[,;.!?\s]+")
_NOT_MADE_SMALL = "\u0130\u0131\u017f"
"""Letters that are an i or s whatever the case, of which `str.lower` makes none."""
_LONG_LINE = 45
_AROUND = 150
"""Of a longer sentence so many characters before and behind are quoted."""
_SHORT = 3
_BEFORE = 6
"""So many words may stand before an acknowledgement in its own sentence."""

_Spans = Callable[[str], list[tuple[int, int]]]


@functools.cache
def vocabulary() -> Mapping[str, Any]:
    """Return the tables of the list of words."""
    text = files(__package__).joinpath("words", f"{_LANGUAGE}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def lists(name: str) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the labels of a detector's hits, each with its entries."""
    fixed = {"unless", "screen", "begins"}
    yield from ((label, items) for label, items in vocabulary()[name].items() if label not in fixed)


@functools.cache
def _labels(name: str) -> tuple[tuple[str, _Spans], ...]:
    return tuple((label, _spans(entries)) for label, entries in lists(name))


@functools.cache
def _unless(name: str, label: str) -> _Spans | None:
    entries = vocabulary()[name].get("unless", ())
    entries = entries.get(label, ()) if isinstance(entries, dict) else entries
    return _spans(entries) if entries else None


def _spans(entries: Sequence[str]) -> _Spans:
    """Return what gives start and end of each entry in a text, whatever its case."""
    places = in_any_case(_any(entries).pattern)

    def spans(text: str) -> list[tuple[int, int]]:
        return [match.span() for match in places(text)]

    return spans


def in_any_case(pattern: str) -> Callable[[str], Iterator[re.Match[str]]]:
    """Return what yields the places in a text of a pattern in small letters, whatever the case."""
    any_case = re.compile(pattern, re.IGNORECASE)
    # A text that is made small as well is gone through at least twice as fast.
    small = re.compile(pattern)

    def places(text: str) -> Iterator[re.Match[str]]:
        if text.isascii() or not any(letter in text for letter in _NOT_MADE_SMALL):
            return small.finditer(text.lower())
        return any_case.finditer(text)

    return places


@functools.cache
def _entries(name: str, label: str) -> re.Pattern[str]:
    return _any(vocabulary()[name][label])


def alternatives(entries: Sequence[str]) -> str:
    """Return the regular expression, not compiled, of entries of a list."""
    parts = vocabulary()["parts"]
    text = "|".join(f"(?:{entry})" for entry in entries)
    while names := set(re.findall(r"(?<!\?P)<(\w+)>", text)):
        for name in names:
            text = text.replace(f"<{name}>", parts[name])
    return text.replace(" ?", r"\s*").replace(" ", r"\s+")


def _any(entries: Sequence[str]) -> re.Pattern[str]:
    # What follows an apostrophe belongs to the word before: but 've and 'll begin an entry.
    return re.compile(rf"(?<!\w)(?<!\w')(?:{alternatives(entries)})(?!\w)", re.IGNORECASE)


def masked(text: str) -> str:
    """Return a text of the same length with what its author only quotes blanked out."""
    if "@" in text or "://" in text or "www." in text:
        text = _ADDRESS.sub(_blank, text)
    if "\u2019" in text or "\u2018" in text or "\u00a0" in text:
        text = text.replace("\u2019", "'").replace("\u2018", "'").replace("\u00a0", " ")
    older = _OLDER_MAIL.search(text) if ":" in text or "--" in text else None
    if older:
        text = text[: older.start()] + re.sub(r"[^\n]", " ", text[older.start() :])
    if ">" in text:
        text = _QUOTED_LINE.sub(_blank, text)
    if '"' in text or "\u201c" in text or "\u00ab" in text:
        text = _IN_QUOTES.sub(_blank, text)
    return text


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each sentence that holds something.

    A line's end is a sentence's end, unless the line is long and the next goes on with a word, as
    in mails with hard line ends.
    """
    start = line = 0
    ends = []
    for match in _SENTENCE_END.finditer(text):
        end = match.end()
        if match[0].startswith("\n"):
            long = match.start() - line >= _LONG_LINE
            line = end
            following = text[end : end + 1]
            if long and match[0] == "\n" and following.isalnum():
                continue
        ends.append(end)
    for end in (*ends, len(text)):
        words = text[start:end]
        if bare := words.strip():
            first = start + len(words) - len(words.lstrip())
            yield first, first + len(bare)
        start = end


def matches(name: str, text: str) -> list[tuple[int, int, str]]:
    """Return start, end and label of what a list of words finds in a masked text, in order."""
    begins = vocabulary()[name].get("begins") is True
    hits = []
    for label, spans in _labels(name):
        places = spans(text)
        unless = _unless(name, label) if places else None
        covered = unless(text) if unless else []
        hits += [
            (start, end, label)
            for start, end in places
            if not _overlaps(covered, start, end) and (not begins or _at_beginning(text, start))
        ]
    return sorted(hits)


def _overlaps(spans: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Tell whether start to end overlaps one of the spans, which are sorted and disjoint."""
    index = bisect_left(spans, (end,))
    return index > 0 and spans[index - 1][1] > start


def _at_beginning(text: str, start: int) -> bool:
    before = text[max(0, start - 40) : start].rstrip(" \t")
    return not before or before[-1] in ".!?,;:\n-\u2013>"


def courteous(text: str) -> bool:
    """Tell whether a sentence greets, thanks or acknowledges, or has at most three words."""
    if len(text.split()) <= _SHORT:
        return True
    return any(matches(name, text) for name in ("greeting", "thanks", "acknowledgement"))


def backchannel(text: str) -> bool:
    """Tell whether a turn only signals listening."""
    bare = re.sub(r"[^\w' -]+", " ", masked(text)).strip()
    words = _entries("backchannel", "words")
    return not re.sub(r"[\W_]+", "", words.sub(" ", bare))


def asks(text: str) -> list[tuple[int, int]]:
    """Return start and end of the sentences of a masked text that ask something."""
    begins, unless = _entries("question", "begins"), _entries("question", "unless")
    questions = []
    for start, end in sentences(text):
        words = text[start:end]
        bare = _EDGES.sub("", words)
        asked = words.rstrip("\"')] \u201d").endswith("?") or begins.match(_LEAD.sub("", bare))
        if asked and not unless.fullmatch(_STOPS.sub(" ", bare)):
            questions.append((start, end))
    return questions


def find(name: str, batches: Iterable[Sequence[Mapping[str, Any]]]) -> Iterator[Hit]:
    """Yield the hits of a detector: offsets are those of the words, the quote is their sentence."""
    for batch in batches:
        for row in batch:
            body = row["body"]
            if not body:
                continue
            text = masked(body)
            if name == "question":
                for start, end in asks(text):
                    yield _hit(row, "question", start, end, body[start:end])
                continue
            places = matches(name, text)
            spans = list(sentences(text)) if places else []
            spoken_from = _content_start(text, spans) if name == "acknowledgement" and places else 0
            for start, end, label in places:
                first, last = spans[bisect_right(spans, (start, len(text) + 1)) - 1]
                hit_label = label
                if name == "acknowledgement":
                    hit_label = "first" if start <= spoken_from else "later"
                first = max(first, start - _AROUND)
                last = max(end, min(last, start + _AROUND))
                yield _hit(row, hit_label, start, end, body[first:last])


def _content_start(text: str, spans: Sequence[tuple[int, int]]) -> int:
    """Return where a text first says more than courtesies; its length where it never does.

    "Hi Ann. I'm sorry to hear that. Which order?" does with the third sentence. More than six
    words before an acknowledgement ("We checked the order of last Monday twice, sorry") do too.
    """
    for first, last in spans:
        if not courteous(text[first:last]):
            return first
        words = matches("acknowledgement", text[first:last])
        if words and len(text[first : first + words[0][0]].split()) > _BEFORE:
            return first
    return len(text)


def _hit(row: Mapping[str, Any], label: str, start: int, end: int, quote: str) -> Hit:
    return Hit(
        detector="",
        source=row["_source"],
        row=row["_row"],
        label=label,
        start=start,
        end=end,
        quote=" ".join(quote.split()),
    )


def greeting(batches: Iterable[Sequence[Mapping[str, Any]]]) -> Iterator[Hit]:
    """Yield greetings."""
    return find("greeting", batches)


def thanks(batches: Iterable[Sequence[Mapping[str, Any]]]) -> Iterator[Hit]:
    """Yield thanks."""
    return find("thanks", batches)


def acknowledgement(batches: Iterable[Sequence[Mapping[str, Any]]]) -> Iterator[Hit]:
    """Yield words that name what the customer feels or has suffered."""
    return find("acknowledgement", batches)


def blame(batches: Iterable[Sequence[Mapping[str, Any]]]) -> Iterator[Hit]:
    """Yield words that blame or lecture."""
    return find("blame", batches)


def cannot(batches: Iterable[Sequence[Mapping[str, Any]]]) -> Iterator[Hit]:
    """Yield what cannot be done, and what can."""
    return find("cannot", batches)


def question(batches: Iterable[Sequence[Mapping[str, Any]]]) -> Iterator[Hit]:
    """Yield questions."""
    return find("question", batches)


def told_again(batches: Iterable[Sequence[Mapping[str, Any]]]) -> Iterator[Hit]:
    """Yield words by which a customer tells a story again, or staff ask for it."""
    return find("told-again", batches)


def problem(batches: Iterable[Sequence[Mapping[str, Any]]]) -> Iterator[Hit]:
    """Yield words by which a customer tells of something wrong."""
    return find("problem", batches)
