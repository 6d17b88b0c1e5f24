"""Detectors: places in the rows of a table, found by phrases, patterns or functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import attrs

from cxaudit._expressions.walking import nodes_of
from cxaudit._model.detectors import Detector
from cxaudit._model.engine import CompiledMetric, EngineSession, RowQuery
from cxaudit._model.evidence import Hit
from cxaudit._model.expressions import Expression, HasHit, Literal

__all__ = ["QUOTE_LIMIT", "LostHits", "detect", "detectors_of"]

QUOTE_LIMIT = 300
"""Longest quote, in characters; a longer one is cut and ends with an ellipsis."""

_WORD = r"[\pL\pM\pN_]"
_RE2_SPACE = r"[\s\pZ]+"
_SPACE = r"\s+"


def detectors_of(compiled: CompiledMetric) -> frozenset[str]:
    """Return the detectors that a metric asks by ``has_hit``; over hits, the texts it names."""
    found: set[str] = set()
    for expression in compiled.expressions:
        for node in nodes_of(expression):
            if isinstance(node, HasHit):
                found.add(node.detector)
            elif compiled.metric.table == "hits" and isinstance(node, Literal):
                found.add(str(node.value))
    return frozenset(found)


@attrs.frozen
class LostHits:
    """Why detectors have no hits: those that failed, and those whose table no source gives."""

    known: frozenset[str]
    failed: dict[str, str] = attrs.field(factory=dict)
    absent: dict[str, str] = attrs.field(factory=dict)

    def reason(self, compiled: CompiledMetric) -> str:
        """Return why a metric that rests on hits cannot be measured; empty when it can.

        A metric over all hits rests on every detector that could run.
        """
        named = detectors_of(compiled) & self.known
        reasons = self.failed | self.absent
        if not named and compiled.metric.table == "hits":
            named, reasons = self.known, self.failed
        return next((reasons[name] for name in sorted(named) if name in reasons), "")


def detect(
    detector: Detector,
    engine: EngineSession,
    resolve: Callable[[Any], Any],
    *,
    where: Expression | None = None,
) -> Iterator[Hit]:
    """Yield the hits of a detector.

    Phrases are whole words of any script, whatever their case; a space in one stands for any
    white space, an apostrophe for a straight or a curly one. Patterns are found whatever their
    case. Hits of the engine are in its order; the same place is given once a label.

    Args:
        detector: The detector.
        engine: Holds its table.
        resolve: Turns a lazy ``"package.module:attribute"`` into what it names.
        where: The detector's ``where``, checked.

    Raises:
        ValueError: If a function detector yields something that is no hit of it.
        Exception: Whatever a function detector or the engine raises.
    """
    if detector.where is not None and where is None:
        msg = f"the 'where' of detector {detector.id} was not compiled"
        raise ValueError(msg)
    if detector.detect is not None:
        function = resolve(detector.detect)
        batches = engine.rows(RowQuery(table=detector.table, where=where))
        for hit in function(batches):
            yield _checked(hit, detector)
        return
    yield from _found(detector, engine, where)


def _found(detector: Detector, engine: EngineSession, where: Expression | None) -> Iterator[Hit]:
    patterns = {label: _any_of(given) for label, given in detector.patterns.items() if given}
    words = {f"phrase {label}": _words(given) for label, given in detector.phrases.items() if given}
    exact = {f"phrase {label}": _exact(given) for label, given in detector.phrases.items() if given}
    wanted = {f"pattern {label}": pattern for label, pattern in patterns.items()} | words
    if not wanted:
        return
    seen: set[tuple[str, int, str, int, int]] = set()
    for source, row, key, start, end, quote in engine.find_phrases(
        detector.table, detector.column, wanted, where
    ):
        label = key.partition(" ")[2]
        places = [(start, end, quote)]
        if key in exact:
            places = [
                (start + match.start(), start + match.end(), match[0])
                for match in exact[key].finditer(quote)
            ]
        for first, last, text in places:
            place = (source, row, label, first, last)
            if first < last and place not in seen:
                seen.add(place)
                yield Hit(
                    detector=detector.id,
                    source=source,
                    row=row,
                    label=label,
                    start=first,
                    end=last,
                    quote=_bounded(text),
                )


def _any_of(patterns: Iterable[str]) -> str:
    return "(?i)" + "|".join(f"(?:{pattern})" for pattern in patterns)


def _words(phrases: Sequence[str]) -> str:
    r"""Return a pattern of the whole run of words around any phrase.

    RE2 has no look-around and its ``\b`` knows ASCII alone, so it finds the run and `_exact`
    finds the phrases in it.
    """
    return f"(?i){_WORD}*(?:{_alternatives(phrases, _RE2_SPACE)}){_WORD}*"


def _exact(phrases: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{_alternatives(phrases, _SPACE)})(?!\w)", re.IGNORECASE)


def _alternatives(phrases: Sequence[str], space: str) -> str:
    longest_first = sorted({" ".join(phrase.split()) for phrase in phrases}, key=len)[::-1]
    return "|".join(
        space.join(_quoted(word) for word in phrase.split(" ")) for phrase in longest_first
    )


def _quoted(word: str) -> str:
    return "".join("['\u2019]" if char in "'\u2019" else re.escape(char) for char in word)


def _checked(hit: object, detector: Detector) -> Hit:
    if not isinstance(hit, Hit):
        msg = f"it yielded {type(hit).__name__}, not a Hit"
        raise ValueError(msg)  # noqa: TRY004 - a plugin's mistake, reported as any other
    if hit.score is not None and not 0 <= hit.score <= 1:
        msg = f"the score {hit.score} of a hit lies outside 0 to 1"
        raise ValueError(msg)
    return attrs.evolve(hit, detector=detector.id, quote=_bounded(hit.quote))


def _bounded(text: str) -> str:
    return text if len(text) <= QUOTE_LIMIT else text[: QUOTE_LIMIT - 1] + "\u2026"
