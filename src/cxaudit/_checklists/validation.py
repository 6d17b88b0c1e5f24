"""Validation by JSON Schema, with the errors put into the words of who wrote the file."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from cxaudit._checklists.documents import Document, Problems, Step, show_path
from cxaudit._model.identifiers import is_id
from cxaudit.errors import did_you_mean

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

__all__ = [
    "Fault",
    "find_faults",
    "inlined",
    "named_value",
    "published_schema",
    "settings_validator",
    "validate_document",
]


@cache
def published_schema(name: str) -> dict[str, Any]:
    """Return a published schema by its file name, as written."""
    source = Path(__file__).parent / "schemas" / name
    schema: dict[str, Any] = json.loads(source.read_text("utf-8"))
    return schema


def inlined(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema with its local references put in, which is several times faster to use."""
    definitions = schema.get("$defs", {})

    def put_in(node: Any) -> Any:
        if isinstance(node, list):
            return [put_in(element) for element in node]
        if not isinstance(node, Mapping):
            return node
        reference = node.get("$ref")
        if isinstance(reference, str):
            target = definitions[reference.removeprefix("#/$defs/")]
            siblings = {key: value for key, value in node.items() if key != "$ref"}
            return put_in({**target, **siblings})
        return {key: put_in(value) for key, value in node.items()}

    return {key: put_in(value) for key, value in schema.items() if key not in {"$defs", "$id"}}


@attrs.frozen
class Fault:
    """What is wrong in a value, before it is placed in a file."""

    path: tuple[Step, ...]
    message: str
    hint: str = ""


@cache
def _inlined(name: str) -> dict[str, Any]:
    return inlined(published_schema(name))


@cache
def _validator_class() -> Any:
    from jsonschema import Draft202012Validator, ValidationError, validators

    plain_type = Draft202012Validator.VALIDATORS["type"]

    def check_type(
        validator: Any, types: Any, instance: Any, schema: Any
    ) -> Iterator[ValidationError]:
        if schema.get("format") == "date":
            if type(instance) is not date:
                yield ValidationError("not a date")
            return
        yield from plain_type(validator, types, instance, schema)

    extend: Any = validators.extend
    return extend(Draft202012Validator, {"type": check_type})


@cache
def _published_validator(name: str) -> Validator:
    validator: Validator = _validator_class()(_inlined(name))
    return validator


_MAY_BE_INFINITE = re.compile(r"inf|nan|[eE]\+?[0-9_]{3}|[0-9_]{300}")


def validate_document(
    document: Document, schema_name: str, problems: Problems
) -> set[tuple[Step, ...]]:
    """Validate a document by a published schema.

    Args:
        document: The document.
        schema_name: File name of the schema.
        problems: Where problems are added.

    Returns:
        Paths of the values that are wrong.
    """
    wrong: set[tuple[Step, ...]] = set()
    infinite: tuple[tuple[Step, ...], ...] = ()
    if document.text is None or _MAY_BE_INFINITE.search(document.text):
        infinite = tuple(_infinite(document.data, ()))
    for error in _published_validator(schema_name).iter_errors(document.data):
        for fault in _faults(error):
            if fault.path in infinite:
                continue
            wrong.add(fault.path)
            problems.add(document, fault.path, fault.message, fault.hint)
    for path in infinite:
        wrong.add(path)
        problems.add(
            document, path, f"{_name(path)} must be a finite number.", "Give a plain number."
        )
    return wrong


def _infinite(value: Any, path: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    if isinstance(value, dict):
        for key, element in value.items():
            yield from _infinite(element, (*path, key))
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from _infinite(element, (*path, index))
    elif isinstance(value, (int, float)) and not abs(value) <= sys.float_info.max:
        yield path


def find_faults(
    validator: Validator, value: Any, unanswered: frozenset[tuple[Step, ...]] = frozenset()
) -> list[Fault]:
    """Return what is wrong in settings, by the JSON Schema of who takes them.

    Args:
        validator: From `settings_validator`.
        value: The settings.
        unanswered: Paths of parameters without a value, which fit everywhere.
    """
    faults: list[Fault] = []
    for error in validator.iter_errors(value):
        if not _excused(error, unanswered):
            faults.extend(_faults(error))
    return faults


def settings_validator(schema: Mapping[str, Any]) -> Validator:
    """Return a validator of a plugin's settings."""
    validator: Validator = _validator_class()(dict(schema))
    return validator


def _excused(error: ValidationError, unanswered: frozenset[tuple[Step, ...]]) -> bool:
    if tuple(error.absolute_path) in unanswered:
        return True
    if error.validator in {"anyOf", "oneOf"} and error.context:
        branches: dict[Any, list[ValidationError]] = {}
        for inner in error.context:
            branches.setdefault(inner.schema_path[0], []).append(inner)
        return any(all(_excused(e, unanswered) for e in inner) for inner in branches.values())
    return False


def show_value(value: Any) -> str:
    """Return a value as TOML shows it, shortened."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 40 else f'"{value[:40]}..."'  # noqa: PLR2004
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value)


_TYPES = {
    "string": "a text in quotes",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "a table",
    "array": "a list",
    "null": "left out",
}


def named_value(value: Any) -> str:
    if isinstance(value, bool):
        return f"{str(value).lower()}"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text {show_value(value)}"
    if isinstance(value, (date, datetime)):
        return f"the date {value.isoformat()}"
    return show_value(value)


def _name(path: Iterable[Step]) -> str:
    steps = list(path)
    return (
        show_path(tuple(steps[-1:]))
        if steps and isinstance(steps[-1], str)
        else (
            f"Entry {int(steps[-1]) + 1} of {show_path(tuple(steps[-2:-1]))}"
            if steps
            else "The file"
        )
    )


def _faults(error: ValidationError) -> Iterator[Fault]:
    path = tuple(error.absolute_path)
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    about = str(schema.get("description", ""))
    if error.validator == "additionalProperties" and schema["additionalProperties"] is False:
        names = sorted(schema.get("properties", {}))
        instance: Any = error.instance
        for key in instance:
            if key not in names:
                hint = did_you_mean(key, names)
                if key == "id" and "rationale" in names:
                    hint = "Ids never change: write a new item, and name this one in `replaces`."
                elif not hint:
                    hint = f"Known here: {', '.join(names)}." if names else "Remove it."
                yield Fault((*path, key), f"There is no key {key!r} here.", hint)
    elif error.validator == "required":
        missing = error.message.split("'")[1]
        rule = schema.get("properties", {}).get(missing, {})
        yield Fault(path, f"The key {missing!r} is missing.", _required_hint(missing, rule))
    elif error.validator in {"anyOf", "oneOf"} and error.context:
        yield from _alternatives(error, path, about)
    elif error.validator == "propertyNames" or "propertyNames" in error.schema_path:
        key = str(error.instance)
        yield Fault((*path, key), f"The name {key!r} is not an id.", _id_hint(key, about))
    else:
        yield Fault(path, f"{_name(path)} {_rule(error)}.", _hint(error, about))


def _required_hint(missing: str, rule: Mapping[str, Any]) -> str:
    about = str(rule.get("description", ""))
    return (
        f"Add `{missing} = ...`: {about[:1].lower()}{about[1:]}" if about else f"Add {missing!r}."
    )


def _alternatives(error: ValidationError, path: tuple[Step, ...], about: str) -> Iterator[Fault]:
    needed = sorted(
        {
            inner.message.split("'")[1]
            for inner in error.context or ()
            if inner.validator == "required" and not inner.path
        }
    )
    if needed:
        instance: Any = error.instance
        if any(key in instance for key in needed):
            yield Fault(path, f"Only one of {', '.join(needed)} can be given.", about)
        else:
            yield Fault(path, f"One of the keys {', '.join(needed)} is needed.", about)
        return
    rules = dict.fromkeys(_rule(inner) for inner in error.context or () if not inner.path)
    if rules:
        yield Fault(path, f"{_name(path)} {', or '.join(rules)}.", about)
    else:
        yield Fault(path, f"{_name(path)} fits none of the forms that are allowed here.", about)


_RULES = {
    "const": "must be {limit}, not {value}",
    "minimum": "must be at least {limit}, not {value}",
    "maximum": "must be at most {limit}, not {value}",
    "exclusiveMinimum": "must be above {limit}, not {value}",
    "exclusiveMaximum": "must be under {limit}, not {value}",
    "enum": "cannot be {value}",
    "minLength": "is empty",
    "minProperties": "is empty",
    "uniqueItems": "names something twice",
}
"""What to say of a rule that is broken, by its keyword."""


def _rule(error: ValidationError) -> str:
    limit: Any = error.validator_value
    instance: Any = error.instance
    rule = _RULES.get(str(error.validator))
    if rule is not None:
        return rule.format(limit=show_value(limit), value=show_value(instance))
    match error.validator:
        case "type":
            if isinstance(error.schema, Mapping) and error.schema.get("format") == "date":
                return f"must be a date, not {named_value(instance)}"
            types = [limit] if isinstance(limit, str) else limit
            words = [_TYPES[t] for t in types if t != "null"]
            wanted = " or ".join([", ".join(words[:-1]), words[-1]] if words[:-1] else words)
            return f"must be {wanted}, not {named_value(instance)}"
        case "minItems":
            return (
                "is empty" if limit == 1 else f"needs at least {limit} entries, not {len(instance)}"
            )
        case "pattern":
            return _pattern_rule(str(limit), show_value(instance))
        case _:
            return f"does not fit: {error.message}"


def _pattern_rule(pattern: str, written: str) -> str:
    if pattern.startswith("^[a-z0-9]"):
        return f"cannot be {written}: that is not an id"
    if pattern == "^\\$":
        return f"must be a number or a parameter, not the text {written}"
    return f"cannot be {written}"


def _hint(error: ValidationError, about: str) -> str:
    instance: Any = error.instance
    limit: Any = error.validator_value
    if error.validator == "enum":
        options = [str(option) for option in limit]
        return did_you_mean(str(instance), options) or f"It can be {', '.join(options)}."
    if error.validator == "type" and isinstance(instance, str):
        if isinstance(error.schema, Mapping) and error.schema.get("format") == "date":
            return "Write the date without quotes: 2026-04-01."
        if _is_number(instance) and "number" in str(limit):
            return f"Leave out the quotes: {instance}"
    if error.validator == "pattern" and about.startswith("An id"):
        return _id_hint(instance, about)
    return about


def _id_hint(written: str, about: str) -> str:
    spaced = "".join(c if c.isalnum() or c == "." else " " for c in written.lower())
    near = "-".join(spaced.split())
    if not is_id(near):
        return about
    return f'Use lower-case words with hyphens, parts joined by dots, such as "{near}".'


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
