"""Looking up registered names, and parameters written as ``$name``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from cxaudit._checklists.documents import Step
from cxaudit._model.identifiers import qualified, short
from cxaudit._model.metrics import Metric
from cxaudit._model.text import begins_words
from cxaudit._plugins.registry import Registry
from cxaudit.errors import did_you_mean

__all__ = [
    "Registry",
    "find_spec",
    "metric_hint",
    "name_hint",
    "parameter_hint",
    "parameter_name",
    "put_in_parameters",
    "sentence",
]


def find_spec(registry: Registry, kind: str, name: str) -> tuple[str, Any] | None:
    """Return full id and spec of a registered name, ``cxaudit.`` left out or not; else None."""
    specs = registry.of(kind)
    for full in (name, qualified(name), short(name)):
        if full in specs:
            return full, specs[full]
    return None


def name_hint(name: str, names: Iterable[str], kind: str = "") -> str:
    """Return a hint that names what is near, or all when they are few, or how to list them."""
    options = sorted({short(full) for full in names})
    few = 12
    return (
        did_you_mean(name, options)
        or (f"There are {', '.join(options)}." if 1 < len(options) <= few else "")
        or (f"There is only {options[0]!r}." if len(options) == 1 else "")
        or (f"`cxaudit list {kind}` shows all." if kind else "There are none.")
    )


def metric_hint(name: str, metrics: Mapping[str, Metric], registry: Registry) -> str:
    """Return a hint for a metric that is neither a checklist's nor registered.

    Names of the field lead to ours: ``asa`` to ``phone.speed-of-answer``.
    """
    metrics = {**cast("Mapping[str, Metric]", registry.of("metric")), **metrics}
    named = [
        short(metric_id)
        for metric_id, metric in metrics.items()
        if begins_words(name, (metric.title, *metric.also_called))
    ]
    # Of a metric and its variants by leg, by queue or by person, the metric is enough to go on.
    named = [each for each in named if re.sub(r"\.by-[a-z-]+$", "", each) not in {*named} - {each}]
    few = 3
    if not named:
        return name_hint(name, metrics, "metric")
    if len(named) > few:
        return f"`cxaudit list metric {name}` shows those that are called so."
    return f"Did you mean {' or '.join(map(repr, named))}?"


def parameter_hint(name: str, names: Iterable[str]) -> str:
    """Return a hint for a parameter that does not exist."""
    near = did_you_mean(name, names)
    return near or f"Define it as `[params.{name}]` with a question, or take it out."


def sentence(text: str) -> str:
    """Return a message as a whole sentence."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


_PARAMETER = re.compile(r"\$(\S+)")


def parameter_name(value: object) -> str | None:
    """Return the name when a value is a whole text ``$name``, else None."""
    match = _PARAMETER.fullmatch(value) if isinstance(value, str) else None
    return match[1] if match else None


def put_in_parameters(
    value: Any,
    values: Mapping[str, Any],
    parameters: dict[tuple[Step, ...], str],
    path: tuple[Step, ...] = (),
) -> Any:
    """Return a value with every ``$name`` in it replaced.

    Args:
        value: What was written.
        values: Parameters and their values, None where unanswered.
        parameters: Filled with the path and name of each parameter met, unknown ones too.
        path: Where the value stands; leave it out.
    """
    if isinstance(value, Mapping):
        return {k: put_in_parameters(v, values, parameters, (*path, k)) for k, v in value.items()}
    if isinstance(value, list):
        return [put_in_parameters(v, values, parameters, (*path, i)) for i, v in enumerate(value)]
    name = parameter_name(value)
    if name is None:
        return value
    parameters[path] = name
    return values.get(name)
