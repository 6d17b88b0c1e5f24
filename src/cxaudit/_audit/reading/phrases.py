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

_WORD = r"[\pL\pM\pN_]"
_RE2_SPACE = r"[\s\pZ]+"
_SPACE = r"\s+"
_LONGEST_SCREEN = 4000

_Columns = dict[str, "npt.NDArray[Any]"]
_Spans = tuple[tuple[int, int, str], ...]
"""Start, end and quote of hits in a match."""


def phrase_hits(detector: Detector, engine: EngineSession, where: Expression | None) -> _Columns:
    """Return the hits of a detector's patterns and phrases, the same place once a label.

    Returns:
        Columns ``_source``, ``_row``, ``label``, ``start``, ``end``, ``quote`` and ``score`` (NaN),
        by file and row, then by label as the detector has them: patterns first.
    """
    import numpy as np

    patterns = {label: _any_of(texts) for label, texts in detector.patterns.items() if texts}
    phrases = {label: texts for label, texts in detector.phrases.items() if texts}
    if not patterns and not phrases:
        names = ("_source", "_row", "label", "start", "end", "quote", "score")
        return {name: np.array((), dtype=object) for name in names}
    matches = engine.find_phrases(
        detector.table,
        detector.column,
        [*patterns.values(), *map(_words, phrases.values())],
        where,
        list(_screens([*patterns.values(), *map(_any_phrase, phrases.values())])),
    ).columns
    spans_in = [*[_whole] * len(patterns), *map(_exact, phrases.values())]
    number, start, end, quote = _spans(matches, spans_in)
    number_of_pattern = matches["pattern"][number]
    hits = {
        "_source": matches["_source"][number],
        "_row": matches["_row"][number],
        "label": np.array([*patterns, *phrases], dtype=object)[number_of_pattern],
        "start": matches["start"][number] + start,
        "end": matches["start"][number] + end,
        "quote": quote,
        "score": np.full(len(number), np.nan),
    }
    if patterns.keys().isdisjoint(phrases) and _ascends(hits, number_of_pattern):
        return hits
    return _once(hits)


def _spans(
    matches: Mapping[str, npt.NDArray[Any]], spans_in: Sequence[Callable[[str], _Spans]]
) -> tuple[npt.NDArray[Any], ...]:
    """Return for each hit the number of its match, and its start, end and quote in it."""
    import numpy as np

    # Of the run "late, too late" and the phrase late: matches 0 and 0, starts 0 and 10.
    # Runs are many and few of them different.
    runs: dict[tuple[int, str], int] = {}
    pairs = zip(matches["pattern"].tolist(), matches["quote"].tolist(), strict=True)
    numbers = [runs.setdefault(pair, len(runs)) for pair in pairs]
    run = np.array(numbers, dtype=np.int64)
    spans = [spans_in[pattern](text) for pattern, text in runs]
    starts, ends, quotes = (
        zip(*chain.from_iterable(spans), strict=True) if any(spans) else ((),) * 3
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
    )


def _ascends(hits: _Columns, pattern: npt.NDArray[Any]) -> bool:
    """Tell whether hits in one row come by pattern and start, so that no two are the same."""
    import numpy as np

    same_row = np.diff(hits["_row"]) == 0
    same_row &= hits["_source"][1:] == hits["_source"][:-1]
    following = np.diff(pattern) > 0
    following |= (np.diff(pattern) == 0) & (np.diff(hits["start"]) > 0)
    return bool(np.all(following | ~same_row))


def _once(hits: _Columns) -> _Columns:
    """Return hits without those at a place that has one of the same label already."""
    # Rows of a derived table may share a key, and a label may have patterns and phrases.
    names = ("_source", "_row", "label", "start", "end")
    first: dict[tuple[Any, ...], int] = {}
    for number, place in enumerate(zip(*(hits[name].tolist() for name in names), strict=True)):
        first.setdefault(place, number)
    return {name: column[[*first.values()]] for name, column in hits.items()}


def _whole(quote: str) -> _Spans:
    return ((0, len(quote), bounded(quote)),)


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
    return f"(?i){_WORD}*(?:{_alternatives(phrases, _RE2_SPACE)}){_WORD}*"


def _any_phrase(phrases: Sequence[str]) -> str:
    return f"(?i)(?:{_alternatives(phrases, _RE2_SPACE)})"


def _exact(phrases: Sequence[str]) -> Callable[[str], _Spans]:
    """Return what finds start, end and words of the phrases in a run of words."""
    pattern = re.compile(rf"(?<!\w)(?:{_alternatives(phrases, _SPACE)})(?!\w)", re.IGNORECASE)

    def spans_in(run: str) -> _Spans:
        spans = ((*match.span(), bounded(match[0])) for match in pattern.finditer(run))
        return tuple(span for span in spans if span[2])

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
