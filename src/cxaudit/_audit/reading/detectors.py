"""Detectors: places in the rows of a table, found by phrases, patterns or functions."""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import GeneratorType
from typing import Any

import attrs

from cxaudit._audit.planning.availability import Losses
from cxaudit._audit.planning.planner import Planner
from cxaudit._audit.watch import Watch
from cxaudit._expressions.walking import nodes_of
from cxaudit._model.audit import Audit
from cxaudit._model.column_rows import ColumnRows
from cxaudit._model.detectors import Detector
from cxaudit._model.engine import CompiledMetric, EngineSession, RowQuery
from cxaudit._model.evidence import Hit
from cxaudit._model.expressions import Expression, HasHit, Literal
from cxaudit._model.result import RunProblem
from cxaudit._model.said import Said
from cxaudit._plugins.checked import checked_hit
from cxaudit._plugins.containment import Containment, contained
from cxaudit._plugins.host import PluginHost
from cxaudit._plugins.registry import Registry

__all__ = [
    "QUOTE_LIMIT",
    "Detection",
    "detect",
    "detectors_of",
    "hits_missing",
    "needed_detectors",
    "run_detectors",
]

QUOTE_LIMIT = 300
"""Longest quote, in characters; a longer one is cut and ends with an ellipsis."""

_WORD = r"[\pL\pM\pN_]"
_RE2_SPACE = r"[\s\pZ]+"
_SPACE = r"\s+"
_LONGEST_SCREEN = 4000
_REMEMBERED = 1000


def detectors_of(compiled: CompiledMetric) -> frozenset[str]:
    """Return the detectors that a metric asks by ``has_hit``; over hits, the texts it names."""
    names: set[str] = set()
    for expression in compiled.expressions:
        for node in nodes_of(expression):
            if isinstance(node, HasHit):
                names.add(node.detector)
            elif compiled.metric.table == "hits" and isinstance(node, Literal):
                names.add(str(node.value))
    return frozenset(names)


@attrs.frozen(kw_only=True)
class Detection:
    """What became of the detectors of a run; what they found is in the table ``hits``.

    Attributes:
        losses: Why some detectors have none, beside those that looked and found nothing.
        problems: What failed.
    """

    losses: Losses
    problems: tuple[RunProblem, ...]


def hits_missing(compiled: CompiledMetric, losses: Losses) -> str:
    """Return why a metric that rests on hits cannot be measured; empty when it can.

    A metric over all hits rests on every detector that could run.
    """
    named = detectors_of(compiled) & losses.detectors
    reasons = {**losses.failed, **losses.idle}
    if not named and compiled.metric.table == "hits":
        named, reasons = losses.detectors, dict(losses.failed)
    return next((reasons[name] for name in sorted(named) if name in reasons), "")


def needed_detectors(audit: Audit, registry: Registry, planner: Planner) -> list[Detector]:
    """Return the checklist's own detectors, and those of plugins that something rests on."""
    detectors = {detector.id: detector for detector in audit.checklist.detectors}
    tables = [registry.get("table", name) for name in planner.plan().tables]
    needed = frozenset[str]().union(*map(planner.available.detectors, tables))
    for name, detector in registry.of("detector").items():
        if name in needed or _is_mentioned(name, audit, registry):
            detectors.setdefault(name, detector)
    return list(detectors.values())


def _is_mentioned(detector: str, audit: Audit, registry: Registry) -> bool:
    metrics = [*audit.checklist.metrics, *registry.of("metric").values()]
    texts = (
        f"{metric.where} {metric.value} {metric.numerator} {metric.denominator} "
        f"{metric.positive} {metric.negative} {metric.event} {metric.evidence}"
        for metric in metrics
    )
    names = (f"'{detector}'", f"'{detector.removeprefix('cxaudit.')}'")
    return any(name in text for text in texts for name in names) or any(
        metric.table == "hits" for metric in metrics
    )


def run_detectors(
    detectors: Sequence[Detector],
    host: PluginHost,
    engine: EngineSession,
    planner: Planner,
    watch: Watch,
) -> Detection:
    """Run the detectors whose table was read, and fill the table of hits."""
    failed: dict[str, str] = {}
    idle: dict[str, str] = {}
    problems: list[RunProblem] = []
    hits: dict[str, ColumnRows] = {}
    for detector in detectors:
        table = host.registry.get("table", detector.table)
        if missing := planner.available.missing(table):
            idle[detector.id] = Said("detector-idle", detector=detector.id, reason=missing)
            continue
        where, reason = None, ""
        if detector.where is not None:
            where, reason = planner.compiler.expression(detector.where, table, "where")
        if reason:
            # Like an absent table, an absent column leaves the detector nothing to look at.
            absent = isinstance(reason, Said) and reason.code == "column-absent"
            reasons = idle if absent else failed
            reasons[detector.id] = Said("detector-idle", detector=detector.id, reason=reason)
            continue
        with _contained(detector, host) as containment:
            matches = list(_matches(detector, engine, host.registry.resolve, where, containment))
            hits[detector.id] = _columns(detector.id, matches)
        _tell(containment, detector, failed, problems, watch)
    engine.add(host.registry.get("table", "hits"), ())
    for detector in detectors:
        with _contained(detector, host) as containment:
            if detector.id in hits:
                engine.add_hits(host.registry.get("table", detector.table), hits[detector.id])
        _tell(containment, detector, failed, problems, watch)
    names = frozenset(detector.id for detector in detectors)
    return Detection(
        losses=Losses(detectors=names, idle=idle, failed=failed),
        problems=tuple(problems),
    )


def _contained(detector: Detector, host: PluginHost) -> Containment:
    registered = detector.id in host.registry.of("detector")
    plugin = host.registry.origin("detector", detector.id) if registered else ""
    return contained("detecting", Said("of-detector", detector=detector.id), plugin)


def _tell(
    containment: Containment,
    detector: Detector,
    failed: dict[str, str],
    problems: list[RunProblem],
    watch: Watch,
) -> None:
    """Note and show that a detector failed, if it did."""
    if problem := containment.problem:
        problems.append(problem)
        reason = Said("detector-failed", detector=detector.id, cause=problem.cause)
        failed[detector.id] = reason
        watch.problem(reason)


_Match = tuple[str, int, str, int | None, int | None, str, float | None]
"""Source, row, label, start, end, quote and score of a hit."""


def _columns(detector: str, matches: Sequence[_Match]) -> ColumnRows:
    """Return the hits of a detector as an engine takes them (see `EngineSession.add_hits`)."""
    import numpy as np

    sources, rows, labels, starts, ends, quotes, scores = (
        zip(*matches, strict=True) if matches else ((),) * 7
    )
    numbers = {"start": starts, "end": ends, "score": scores}
    return ColumnRows(
        {
            "_n": np.arange(len(matches)),
            "_source": np.array(sources, dtype=object),
            "_row": np.array(rows, dtype=np.int64),
            "detector": np.full(len(matches), detector, dtype=object),
            "label": np.array(labels, dtype=object),
            "quote": np.array(quotes, dtype=object),
            # None becomes NaN.
            **{name: np.array(values, dtype=float) for name, values in numbers.items()},
        }
    )


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
    case. Hits of the engine come by file and row; the same place is given once a label.

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
    for source, row, label, start, end, quote, score in _matches(
        detector, engine, resolve, where, contained("detecting", detector.id)
    ):
        yield Hit(
            detector=detector.id,
            source=source,
            row=row,
            label=label,
            start=start,
            end=end,
            quote=quote,
            score=score,
        )


def _matches(
    detector: Detector,
    engine: EngineSession,
    resolve: Callable[[Any], Any],
    where: Expression | None,
    containment: Containment,
) -> Iterator[_Match]:
    if detector.detect is None:
        yield from _find(detector, engine, where)
        return
    function = resolve(detector.detect)
    containment.code = function
    batches = engine.rows(
        RowQuery(table=detector.table, where=where, columns=detector.columns or None)
    )
    hits = function(batches)
    containment.code = hits if isinstance(hits, GeneratorType) else function
    for hit in hits:
        yield _match(checked_hit(hit, detector.id))
    if next(batches, None) is not None:
        msg = "it ended before it had all rows: what it did not look at would count as without hits"
        raise ValueError(msg)


def _find(detector: Detector, engine: EngineSession, where: Expression | None) -> Iterator[_Match]:
    patterns = {label: _any_of(texts) for label, texts in detector.patterns.items() if texts}
    phrases = {label: texts for label, texts in detector.phrases.items() if texts}
    wanted = {("pattern", label): pattern for label, pattern in patterns.items()}
    wanted |= {("phrase", label): _words(texts) for label, texts in phrases.items()}
    if not wanted:
        return
    runs = engine.find_phrases(
        detector.table,
        detector.column,
        {str(number): pattern for number, pattern in enumerate(wanted.values())},
        where,
        list(_screens([*patterns.values(), *map(_any_phrase, phrases.values())])),
    )
    exact = {
        str(number): (label, _exact(phrases[label]) if kind == "phrase" else _whole)
        for number, (kind, label) in enumerate(wanted)
    }
    current: tuple[str, int] | None = None
    seen: set[tuple[str, int, int]] = set()
    for source, row, key, at, _, run in runs:
        if (source, row) != current:
            current, seen = (source, row), set()
        label, spans_in = exact[key]
        for start, end, quote in spans_in(run):
            position = (label, at + start, at + end)
            if position not in seen:
                seen.add(position)
                yield source, row, *position, quote, None


def _whole(quote: str) -> tuple[tuple[int, int, str], ...]:
    return ((0, len(quote), _bounded(quote)),)


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


def _exact(phrases: Sequence[str]) -> Callable[[str], tuple[tuple[int, int, str], ...]]:
    """Return what finds start, end and words of the phrases in a run of words."""
    pattern = re.compile(rf"(?<!\w)(?:{_alternatives(phrases, _SPACE)})(?!\w)", re.IGNORECASE)

    # Runs are many and few of them different.
    @functools.lru_cache(maxsize=_REMEMBERED)
    def spans_in(run: str) -> tuple[tuple[int, int, str], ...]:
        spans = ((*match.span(), _bounded(match[0])) for match in pattern.finditer(run))
        return tuple(span for span in spans if span[2])

    return spans_in


def _alternatives(phrases: Sequence[str], space: str) -> str:
    longest_first = sorted({" ".join(phrase.split()) for phrase in phrases}, key=len)[::-1]
    return "|".join(
        space.join(_quoted(word) for word in phrase.split(" ")) for phrase in longest_first
    )


def _quoted(word: str) -> str:
    return "".join("['\u2019]" if char in "'\u2019" else re.escape(char) for char in word)


def _match(hit: Hit) -> _Match:
    row = operator.index(hit.row)
    start, end = (None if at is None else operator.index(at) for at in (hit.start, hit.end))
    return hit.source, row, hit.label, start, end, _bounded(hit.quote), hit.score


def _bounded(text: str) -> str:
    return text if len(text) <= QUOTE_LIMIT else text[: QUOTE_LIMIT - 1] + "\u2026"
