"""Phrases and patterns of a detector: what the engine looks for, and the hits in what it found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from cxaudit._model.detectors import Detector
from cxaudit._model.engine import EngineSession
from cxaudit._model.expressions import Expression

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["QUOTE_LIMIT", "bounded", "phrase_hits"]

QUOTE_LIMIT = 300
"""Longest quote, in characters; a longer one is cut and ends with an ellipsis."""

_WORD = r"[\pL\pN_]"
_NO_WORD = "[^0-9A-Za-z_]"
"""What may stand around a whole word, and all beyond ASCII, of which RE2 and Python may differ."""
_RE2_SPACE = r"[\s\pZ]+"
_SPACE = r"\s+"
_LONGEST_SCREEN = 4000

_Columns = dict[str, "npt.NDArray[Any]"]
_Spans = tuple[tuple[int, int, str, int], ...]
"""Start, end, quote and number of the label of hits in a match."""


def phrase_hits(detector: Detector, engine: EngineSession, where: Expression | None) -> _Columns:
    """Return the hits of a detector's patterns and phrases, the same place once a label.

    Returns:
        Columns ``_source``, ``_row``, ``label``, ``start``, ``end``, ``quote`` and ``score`` (NaN),
        by file and row, then by label as the detector has them: patterns first.
    """
    import numpy as np

    patterns = {label: _any_of(texts) for label, texts in detector.patterns.items() if texts}
    phrases = {label: texts for label, texts in detector.phrases.items() if texts}
    labels = [*patterns, *phrases]
    groups = list(_groups(dict(enumerate(phrases.values(), start=len(patterns)))))
    if not patterns and not phrases:
        names = ("_source", "_row", "label", "start", "end", "quote", "score")
        return {name: np.array((), dtype=object) for name in names}
    matches = engine.find_phrases(
        detector.table,
        detector.column,
        [*patterns.values(), *(_words([*chain(*group.values())]) for group in groups)],
        where,
        list(_screens([*patterns.values(), *map(_any_phrase, phrases.values())])),
    ).columns
    spans_in = [*map(_whole, range(len(patterns))), *map(_exact, groups)]
    number, start, end, quote, label = _spans(matches, spans_in)
    rows = _rows(matches)[number]
    start += matches["start"][number]
    order = np.lexsort((start, label, rows))
    number, start, label = number[order], start[order], label[order]
    hits = {
        "_source": matches["_source"][number],
        "_row": matches["_row"][number],
        "label": np.array(labels, dtype=object)[label],
        "start": start,
        "end": end[order] + matches["start"][number],
        "quote": quote[order],
        "score": np.full(len(number), np.nan),
    }
    if patterns.keys().isdisjoint(phrases) and _ascends(rows[order], label, start):
        return hits
    return _once(hits)


def _groups(phrases: Mapping[int, Sequence[str]]) -> Iterator[dict[int, Sequence[str]]]:
    """Yield labels, by number and each with its phrases, that one pattern looks for together.

    Phrases of two labels may lie in one place, but none may begin in another and go on behind it,
    since the next match begins behind the last: "not yet" and "yet again" in "not yet again".
    """
    group: dict[int, Sequence[str]] = {}
    begins: set[str] = set()
    tails: set[str] = set()
    for label, texts in phrases.items():
        plain = [" ".join(text.replace("\u2019", "'").casefold().split()) for text in texts]
        begin = {text[:end] for text in plain for end in range(1, len(text))}
        tail = {
            text[start:]
            for text in plain
            for start in range(1, len(text))
            if not re.match(r"\w", text[start - 1])
        }
        length = sum(map(len, chain(texts, *group.values())))
        if group and (length > _LONGEST_SCREEN // 2 or begin & tails or begins & tail):
            yield group
            group, begins, tails = {}, set(), set()
        group[label] = texts
        begins |= begin
        tails |= tail
    if group:
        yield group


def _rows(matches: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Return the number of the row of each match, which come by file and row."""
    import numpy as np

    is_next = np.diff(matches["_row"]) != 0
    is_next |= matches["_source"][1:] != matches["_source"][:-1]
    return np.concatenate(([0], np.cumsum(is_next)))[: len(matches["_row"])]


def _spans(
    matches: Mapping[str, npt.NDArray[Any]], spans_in: Sequence[Callable[[str], _Spans]]
) -> tuple[npt.NDArray[Any], ...]:
    """Return of each hit the number of its match, start, end and quote in it, and its label."""
    import numpy as np

    # Of the run "late, too late" and the phrase late: matches 0 and 0, starts 0 and 10.
    # Runs are many and few of them different.
    runs: dict[tuple[int, str], int] = {}
    pairs = zip(matches["pattern"].tolist(), matches["quote"].tolist(), strict=True)
    numbers = [runs.setdefault(pair, len(runs)) for pair in pairs]
    run = np.array(numbers, dtype=np.int64)
    spans = [spans_in[pattern](text) for pattern, text in runs]
    starts, ends, quotes, labels = (
        zip(*chain.from_iterable(spans), strict=True) if any(spans) else ((),) * 4
    )
    counts = np.array(list(map(len, spans)), dtype=np.int64)
    repeats = counts[run]
    number = np.repeat(np.arange(len(run)), repeats)
    nth = np.arange(len(number)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    span = (np.cumsum(counts) - counts)[run[number]] + nth
    return (
        number,
        np.array(starts, dtype=np.int64)[span],
        np.array(ends, dtype=np.int64)[span],
        np.array(quotes, dtype=object)[span],
        np.array(labels, dtype=np.int64)[span],
    )


def _ascends(*columns: npt.NDArray[Any]) -> bool:
    """Tell whether no two of the hits, which are sorted by some columns, are equal in all."""
    import numpy as np

    return not np.all([np.diff(column) == 0 for column in columns], axis=0).any()


def _once(hits: _Columns) -> _Columns:
    """Return hits without those at a place that has one of the same label already."""
    # Rows of a derived table may share a key, and a label may have patterns and phrases.
    names = ("_source", "_row", "label", "start", "end")
    first: dict[tuple[Any, ...], int] = {}
    for number, place in enumerate(zip(*(hits[name].tolist() for name in names), strict=True)):
        first.setdefault(place, number)
    return {name: column[[*first.values()]] for name, column in hits.items()}


def _whole(label: int) -> Callable[[str], _Spans]:
    """Return what takes the whole of a match for a hit."""
    return lambda quote: ((0, len(quote), bounded(quote), label),)


def _screens(patterns: Iterable[str]) -> Iterator[str]:
    """Yield patterns of which one matches wherever one of these does; fewer, and none too long."""
    union = ""
    for pattern in patterns:
        if union and len(union) + len(pattern) > _LONGEST_SCREEN:
            yield union
            union = ""
        union += f"{'|' if union else ''}(?:{pattern})"
    yield union


def _any_of(patterns: Iterable[str]) -> str:
    return "(?i)" + "|".join(f"(?:{pattern})" for pattern in patterns)


def _words(phrases: Sequence[str]) -> str:
    r"""Return a pattern of the whole run of words around any phrase.

    RE2 has no look-around and its ``\b`` knows ASCII alone, so it finds the run and `_exact`
    finds the phrases in it.
    """
    # The shortest of the words before, so that "overdue payment" is no "due" with four letters.
    return f"(?i){_WORD}*?(?:{_alternatives(phrases, _RE2_SPACE)}){_WORD}*"


def _any_phrase(phrases: Sequence[str]) -> str:
    """Return a pattern that matches wherever one of the phrases stands as whole words."""
    return f"(?i)(?:^|{_NO_WORD})(?:{_alternatives(phrases, _RE2_SPACE)})(?:$|{_NO_WORD})"


def _exact(phrases: Mapping[int, Sequence[str]]) -> Callable[[str], _Spans]:
    """Return what finds the phrases of labels in a run of words."""
    patterns = {
        label: re.compile(rf"(?<!\w)(?:{_alternatives(texts, _SPACE)})(?!\w)", re.IGNORECASE)
        for label, texts in phrases.items()
    }

    def spans_in(run: str) -> _Spans:
        return tuple(
            (*match.span(), bounded(match[0]), label)
            for label, pattern in patterns.items()
            for match in pattern.finditer(run)
            if match[0]
        )

    return spans_in


def _alternatives(phrases: Sequence[str], space: str) -> str:
    longest_first = sorted({" ".join(phrase.split()) for phrase in phrases}, key=len)[::-1]
    return "|".join(
        space.join(_quoted(word) for word in phrase.split(" ")) for phrase in longest_first
    )


def _quoted(word: str) -> str:
    return "".join("['\u2019]" if char in "'\u2019" else re.escape(char) for char in word)


def bounded(text: str) -> str:
    """Return a quote, cut where it is too long."""
    return text if len(text) <= QUOTE_LIMIT else text[: QUOTE_LIMIT - 1] + "\u2026"
