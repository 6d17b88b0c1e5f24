"""Results as JSON, and back, exactly.

The form is published as ``schemas/result-1.schema.json``. Fields that a reader does not know are
ignored and optional fields that are missing take their defaults, so files are read forward and
backward within one version of the form. Floats are written whole.
"""

from __future__ import annotations

import functools
import json
import math
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, get_args

import attrs

from cxaudit._formats.contradictions import contradictions
from cxaudit._formats.json_text import json_text
from cxaudit._formats.writing import is_mixed, json_value, row_values
from cxaudit._model.detectors import Detector
from cxaudit._model.directions import Direction
from cxaudit._model.evidence import Answer, AnswerKind, Answers, RaterKind
from cxaudit._model.findings import Finding, Findings, Flag, State
from cxaudit._model.markers import MarkerEffect
from cxaudit._model.metrics import MetricKind
from cxaudit._model.result import AuditResult, Note
from cxaudit._model.said import Said, placeholders
from cxaudit._model.scores import Score
from cxaudit._model.text import Text
from cxaudit._model.units import Unit, UnitTree
from cxaudit.errors import Problem, ResultError

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = ["FORM", "from_json", "load_result", "render_json", "schema", "to_json", "write_file"]

FORM = 1
"""Version of the form that this version writes and reads."""

_KEY = "cxaudit_result"
_NON_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_restored: ContextVar[Mapping[str, Said]] = ContextVar("restored", default=MappingProxyType({}))
"""The sentences of the result that is being read, by their texts."""
_known: ContextVar[Mapping[str, str]] = ContextVar("known", default=MappingProxyType({}))
"""The directions of the result that is being read, by their names."""
_PAIR = Mapping[tuple[str, str], Score]


def to_json(result: AuditResult) -> dict[str, Any]:
    """Return a result as JSON values; ``sentences`` has the codes and values of its texts."""
    values: dict[str, Any] = _with_rows(_columnar(result))
    return values


def _columnar(result: AuditResult) -> dict[str, Any]:
    """Return a result as JSON values, but for findings and answers, which stay columns."""
    data = {_KEY: FORM, **json_value(result)}
    return {**data, "sentences": _sentences(data), "directions": _directions(result)}


def _directions(result: AuditResult) -> dict[str, str]:
    """Return the directions of a result, each once, by their names; turned ones are the same."""
    of_measurements = (measurement.direction for measurement in result.measurements)
    disputed = result.disputed.findings.directions if result.disputed is not None else ()
    of_scores = (
        reach.direction
        for scores in result.scorecard.units
        if (spread := scores.overall.spread) is not None
        for reach in (*spread.down, *spread.up)
    )
    directions = (*of_measurements, *result.findings.directions, *disputed, *of_scores)
    return {
        direction.name.lstrip("-"): direction.text()
        for direction in directions
        if direction is not None
    }


def _with_rows(value: Any) -> Any:
    if isinstance(value, Findings | Answers):
        return row_values(value)
    if isinstance(value, dict):
        return {name: _with_rows(part) for name, part in value.items()}
    return value


def from_json(data: Any, file: str = "") -> AuditResult:
    """Return the result that JSON values hold.

    Args:
        data: What `to_json` gave, or a later or earlier version of cxaudit wrote.
        file: Name of the file for messages.

    Raises:
        ResultError: If it is no result, was written in a newer form, or a field is wrong.
    """
    if not isinstance(data, Mapping) or _KEY not in data:
        raise ResultError(
            (
                Problem(
                    message=f"this is not a result of cxaudit: the field {_KEY!r} is missing",
                    file=file,
                    path="$",
                    hint="Give the result.json that `cxaudit run` wrote.",
                ),
            )
        )
    form = data[_KEY]
    if form != FORM or isinstance(form, bool):
        newer = isinstance(form, int) and form > FORM
        raise ResultError(
            (
                Problem(
                    message=f"the result is in form {form!r}; this version reads form {FORM}",
                    file=file,
                    path=f"$.{_KEY}",
                    hint="Install a newer cxaudit." if newer else "Run the audit again.",
                ),
            )
        )
    from cattrs.errors import ClassValidationError

    token = _restored.set(_restore(data.get("sentences")))
    known = _known.set(data.get("directions") or {})
    try:
        result = _converter().structure(data, AuditResult)
    except ClassValidationError as error:
        raise ResultError(tuple(_problems(error, file))) from error
    finally:
        _restored.reset(token)
        _known.reset(known)
    if problems := contradictions(result):
        hint = "Nobody should edit a result: run the audit again."
        raise ResultError(
            tuple(Problem(message, file=file, path=path, hint=hint) for path, message in problems)
        )
    # One that was published has kept how many days there were, and not how they were.
    lost = any(measurement.clusters > 1 for measurement in result.measurements)
    without = "directions" not in data or (lost and not data["directions"])
    if without and any(finding.state.scored for finding in result.findings):
        code = "directions-left-out" if "directions" in data else "directions-absent"
        note = Note(subject=Said("of-intervals"), text=Said(code))
        return attrs.evolve(result, notes=(*result.notes, note))
    return result


def load_result(path: str | Path) -> AuditResult:
    """Read a saved result.

    Raises:
        ResultError: If the file cannot be read, is no JSON, or holds no result.
    """
    name = str(path)
    if Path(path).exists() and not Path(path).is_file():
        # A pipe would be waited for, a device read for ever.
        raise ResultError((Problem("this is no regular file", file=name),))
    try:
        data = json.loads(Path(path).read_bytes())
    except OSError as error:
        problem = Problem(f"the file cannot be read: {error.strerror}", file=name)
    except json.JSONDecodeError as error:
        problem = Problem(
            f"the file is not JSON: {error.msg}", file=name, line=error.lineno, column=error.colno
        )
    except (ValueError, RecursionError) as error:
        problem = Problem(f"the file is not JSON: {error}", file=name)
    else:
        return from_json(data, name)
    raise ResultError((problem,))


def render_json(result: AuditResult) -> str:
    """Return a result as the text of a JSON file."""
    return json_text(_columnar(result))


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a saved result."""
    text = Path(__file__).with_name("schemas").joinpath("result-1.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def write_file(path: str | Path, content: str | bytes) -> None:
    """Write a file whole or not at all: an interruption leaves what was there before.

    Raises:
        OSError: If the folder or the file cannot be written.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            # File names that are no text hold lone surrogates, which no UTF-8 file may hold.
            file.write(content.encode(errors="replace") if isinstance(content, str) else content)
            mask = os.umask(0)
            os.umask(mask)
            os.fchmod(file.fileno(), 0o666 & ~mask)
        os.replace(scratch, path)  # noqa: PTH105
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def _problems(error: Any, file: str) -> list[Problem]:
    from cattrs import transform_error
    from cattrs.v import format_exception

    def described(cause: BaseException, expected: type | None) -> str:
        if isinstance(cause, KeyError):
            return f"the required field {cause.args[0]!r} is missing"
        if isinstance(cause, (TypeError, ValueError)) and cause.args:
            return str(cause.args[0])
        return format_exception(cause, expected)

    problems = []
    for line in transform_error(error, path="$", format_exception=described):
        message, _, path = line.rpartition(" @ ")
        problems.append(Problem(message=message, file=file, path=path))
    return problems


@functools.cache
def _converter() -> Converter:
    from cattrs import Converter

    converter = Converter()
    structured: Callable[[Any, Any], Any] = converter.structure
    converter.register_structure_hook_func(is_mixed, _mixed_in)
    converter.register_structure_hook_func(lambda kind: kind is Any, lambda value, _: _back(value))
    converter.register_structure_hook(str, _text_in)
    for kind in (int, bool):
        converter.register_structure_hook(kind, _exactly)
    for names in (AnswerKind, MarkerEffect, MetricKind, RaterKind):
        converter.register_structure_hook(names, lambda value, kind: kind(value))
    converter.register_structure_hook(float, _float_in)
    for moment in (date, datetime):
        converter.register_structure_hook(moment, _moment_in)
    converter.register_structure_hook(
        Text, lambda value, _: Text(structured(value, Mapping[str, str]))
    )
    converter.register_structure_hook(
        UnitTree, lambda value, _: UnitTree(converter.structure(value, tuple[Unit, ...]))
    )
    converter.register_structure_hook_func(
        lambda kind: kind == _PAIR,
        lambda value, _: {
            _pair(key): score for key, score in structured(value, Mapping[str, Score]).items()
        },
    )
    _register_findings(converter)
    _register_detector(converter)
    return converter


def _register_findings(converter: Converter) -> None:
    converter.register_structure_hook(State, _state_in)
    converter.register_structure_hook(Flag, _flags_in)
    converter.register_structure_hook_func(lambda kind: kind is Direction, _direction_in)
    converter.register_structure_hook_func(
        lambda kind: kind is Findings,
        lambda value, _: Findings.of(converter.structure(value, tuple[Finding, ...])),
    )
    converter.register_structure_hook_func(
        lambda kind: kind is Answers,
        lambda value, _: Answers.of(converter.structure(value, tuple[Answer, ...])),
    )


def _register_detector(converter: Converter) -> None:
    """Handle `Detector`, whose function is no data: a named one is kept by its name."""
    texts = Mapping[str, tuple[str, ...]]
    types_of: dict[str, Any] = {
        "id": str,
        "table": str,
        "column": str,
        "where": str | None,
        "phrases": texts,
        "patterns": texts,
        "detect": str | None,
        "summary": str,
    }

    kept = attrs.make_class(
        "Detector",
        {
            field.name: attrs.field(type=types_of[field.name], default=field.default)
            for field in attrs.fields(Detector)
            if field.name in types_of
        },
        kw_only=True,
    )
    converter.register_structure_hook_func(
        lambda kind: kind is Detector,
        lambda value, _: Detector(**attrs.asdict(converter.structure(value, kept), recurse=False)),
    )


def _back(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"number"} and value["number"] in _NON_FINITE:
            return _NON_FINITE[value["number"]]
        return {key: _back(element) for key, element in value.items()}
    return [_back(element) for element in value] if isinstance(value, list) else value


def _mixed_in(value: Any, kind: Any) -> Any:
    value = _back(value)
    allowed = tuple(part for part in get_args(kind) if isinstance(part, type))
    fits = type(value) in allowed or (type(value) is int and float in allowed)
    if not fits:
        names = ", ".join("null" if part is type(None) else part.__name__ for part in allowed)
        msg = f"{value!r} is none of {names}"
        raise TypeError(msg)
    return value


def _exactly(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        name = {str: "a text", int: "a whole number", bool: "true or false"}[kind]
        msg = f"{value!r} is not {name}"
        raise TypeError(msg)
    return value


def _text_in(value: Any, kind: type) -> str:
    if isinstance(value, Said):  # straight from `to_json`
        return value
    text: str = _exactly(value, kind)
    return _restored.get().get(text, text)


def _sentences(data: Any) -> dict[str, Any]:
    """Return the sentences among JSON values, each once: its text, code and values."""
    sentences: dict[str, Any] = {}
    pending = [data]
    while pending:
        value = pending.pop()
        kind = type(value)
        if kind is dict:
            pending += (*value, *value.values())
        elif kind is list or kind is tuple:
            pending += value
        elif kind is Findings:
            # However many findings there are, their reasons stand in one short table.
            pending += value.reasons
        elif kind is Answers:
            pending += value.tables.values()
        elif kind is Said:
            sentences[str(value)] = {"code": value.code, "values": _sentence_out(value.values)}
    return dict(sorted(sentences.items()))


def _sentence_out(value: Any) -> Any:
    if isinstance(value, Said):
        return {"text": str(value), "code": value.code, "values": _sentence_out(value.values)}
    if isinstance(value, Mapping):
        return {name: _sentence_out(part) for name, part in value.items()}
    if isinstance(value, tuple):
        return [_sentence_out(part) for part in value]
    return {"day": value.isoformat()} if isinstance(value, date) else value


def _restore(sentences: Any) -> dict[str, Said]:
    """Return the sentences of a result by their texts; those that do not hold stay plain texts."""
    restored: dict[str, Said] = {}
    for text, entry in sentences.items() if isinstance(sentences, Mapping) else ():
        with suppress(KeyError, TypeError, ValueError, AttributeError):
            sentence = _sentence_in(entry)
            if isinstance(sentence, Said) and sentence == text:
                restored[text] = sentence
    return restored


def _sentence_in(entry: Any) -> Any:
    if isinstance(entry, list):
        return tuple(map(_sentence_in, entry))
    if not isinstance(entry, Mapping):
        return entry
    if entry.keys() == {"day"}:
        return date.fromisoformat(entry["day"])
    values = {name: _sentence_in(value) for name, value in entry["values"].items()}
    if placeholders(entry["code"]) != values.keys():
        raise KeyError(entry["code"])
    return Said(entry["code"], **values)


def _float_in(value: Any, _: type) -> float:
    if isinstance(value, str) and value in _NON_FINITE:
        return _NON_FINITE[value]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        msg = f"{value!r} is not a number"
        raise TypeError(msg)
    return float(value)


def _moment_in(value: Any, kind: type) -> Any:
    try:
        return kind.fromisoformat(value)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        msg = f"{value!r} is not a {'time' if kind is datetime else 'date'} in ISO 8601"
        raise ValueError(msg) from None


def _pair(key: str) -> tuple[str, str]:
    first, slash, second = key.partition("/")
    if not slash:
        msg = f"{key!r} does not name a pair, as in 'process/phone'"
        raise ValueError(msg)
    return first, second


def _state_in(value: Any, _: type) -> State:
    for state in State:
        if state.label == value:
            return state
    msg = f"{value!r} is not a state: {', '.join(state.label for state in State)}"
    raise ValueError(msg)


def _direction_in(value: Any, _: type) -> Direction:
    known, name = _known.get(), str(value).lstrip("-")
    if name not in known:
        msg = f"{value!r} is none of the directions of the result"
        raise ValueError(msg)
    direction = _read_direction(known[name])
    return direction.turned() if str(value).startswith("-") else direction


@functools.lru_cache(maxsize=1024)
def _read_direction(text: str) -> Direction:
    return Direction.from_text(text)


def _flags_in(value: Any, _: type) -> Flag:
    if not isinstance(value, list):
        msg = f"{value!r} is not a list of flags"
        raise TypeError(msg)
    flags = Flag.NONE
    for label in value:
        try:
            flags |= Flag[str(label).upper()]
        except KeyError:
            msg = f"{label!r} is not a flag: {', '.join(f.name.lower() for f in Flag if f.name)}"
            raise ValueError(msg) from None
    return flags
