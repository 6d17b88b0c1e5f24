"""Phrases and patterns of detectors: what is wrong with them, before anything runs."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cxaudit._model.detectors import Detector

if TYPE_CHECKING:
    import duckdb

__all__ = ["detector_problems", "matching", "pattern_problem"]

_LIMIT = 2000


@functools.cache
def _engine() -> duckdb.DuckDBPyConnection:
    """Return what compiles patterns: an engine of its own, of which each use takes a cursor."""
    import duckdb

    return duckdb.connect(config={"threads": 1})


@functools.lru_cache(maxsize=1024)
def pattern_problem(pattern: str, *, must_match: bool = False) -> str:
    """Return what is wrong with a regular expression in RE2's syntax; empty when nothing is.

    The engine's own compiler decides. RE2 knows no look-around and no back-references; that is
    what keeps its time linear in the text.

    Args:
        pattern: The regular expression.
        must_match: Whether it looks for words, so that matching the empty text is wrong.
    """
    import duckdb

    if len(pattern) > _LIMIT:
        return f"it is longer than {_LIMIT:,} characters"
    with _engine().cursor() as connection:
        try:
            answer = connection.execute("SELECT regexp_full_match('', $1)", [pattern]).fetchone()
        except duckdb.Error as error:
            return str(error).splitlines()[0].partition(": ")[2]
    return "it matches the empty text" if must_match and answer and answer[0] else ""


def matching(pattern: str, texts: Sequence[str | None]) -> list[bool]:
    """Tell of each text whether an RE2 pattern matches in it, whatever the case."""
    with _engine().cursor() as connection:
        statement = "SELECT [coalesce(regexp_matches(text, $1, 'i'), false) FOR text IN $2]"
        answer = connection.execute(statement, [pattern, [*texts, None]]).fetchone()
    assert answer is not None
    return [*answer[0][:-1]]


def detector_problems(detector: Detector) -> Iterator[tuple[tuple[str, str, int], str]]:
    """Yield (path of keys in the detector, problem) of each phrase or pattern of no use."""
    for label, phrases in detector.phrases.items():
        for position, phrase in enumerate(phrases):
            if not re.search(r"\w", phrase):
                yield ("phrases", label, position), f"{phrase!r} holds no word"
    for label, patterns in detector.patterns.items():
        for position, pattern in enumerate(patterns):
            if problem := pattern_problem(pattern, must_match=True):
                message = f"{pattern!r} cannot be used: {problem}"
                yield ("patterns", label, position), message
