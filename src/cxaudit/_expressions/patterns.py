"""Phrases and patterns of detectors: what is wrong with them, before anything runs."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from cxaudit._model.detectors import Detector

__all__ = ["detector_problems", "pattern_problem"]

_LIMIT = 2000


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
    with duckdb.connect(config={"threads": 1}) as connection:
        try:
            answer = connection.execute("SELECT regexp_full_match('', $1)", [pattern]).fetchone()
        except duckdb.Error as error:
            return str(error).splitlines()[0].partition(": ")[2]
    return "it matches the empty text" if must_match and answer and answer[0] else ""


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
