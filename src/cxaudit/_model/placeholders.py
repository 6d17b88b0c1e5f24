"""The placeholders of a metric's sentence: which it may hold, and putting values into them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cxaudit._model.metrics import Metric, MetricKind

__all__ = ["filled", "known_placeholders", "unknown_placeholders"]

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_PARAMETER = re.compile(r"\$([A-Za-z_]\w*(?:[-.]\w+)*)")
_EXPRESSIONS = ("where", "value", "numerator", "denominator", "positive", "negative", "event")


def known_placeholders(metric: Metric) -> tuple[str, ...]:
    """Return the placeholders that a metric's sentence may hold."""
    texts = (getattr(metric, name) for name in _EXPRESSIONS)
    parameters = (name for text in texts if text for name in _parameters(text))
    counts = ("k", "n", "rest") if metric.kind is MetricKind.SHARE else ("n",)
    return tuple(dict.fromkeys(("value", *counts, *parameters)))


def unknown_placeholders(metric: Metric) -> dict[str, tuple[str, ...]]:
    """Return, by language, the placeholders of a metric's sentence that stand for nothing."""
    usable = known_placeholders(metric)
    unknown = {
        language: tuple(name for name in _PLACEHOLDER.findall(text) if name not in usable)
        for language, text in metric.says.languages.items()
    }
    return {language: names for language, names in unknown.items() if names}


def filled(sentence: str, values: Mapping[str, str]) -> str:
    """Return a sentence with values put in; a placeholder without a value stays as it is."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), sentence)


def _parameters(expression: str) -> list[str]:
    return _PARAMETER.findall(_QUOTED.sub("", expression))
