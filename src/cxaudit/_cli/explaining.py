"""How an item is explained: each field, its value, and where it was written."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import attrs

from cxaudit._checklists.explain import Explanation
from cxaudit._model.markers import MarkerEffect
from cxaudit._model.metrics import Metric
from cxaudit._model.presets import Preset
from cxaudit._report.scales import scale, tailored

__all__ = ["as_data", "as_text", "preset_as_data", "preset_as_text"]

_WIDTH = 80


def as_data(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation as plain values."""
    return {
        "item": explanation.item.id,
        "effective_weight": explanation.effective_weight,
        "tailored": [attrs.asdict(change) for change in explanation.item.tailored],
        "fields": [
            {
                "name": field.name,
                "value": _plain(field.value),
                "checklist": field.origin.checklist,
                "file": field.origin.file,
                "line": field.origin.line,
            }
            for field in explanation.fields
        ],
    }


def as_text(explanation: Explanation, metrics: Mapping[str, Metric]) -> str:
    """Return an explanation for people, for a terminal of 80 columns.

    Args:
        explanation: The explanation.
        metrics: All metrics, by id.
    """
    item = explanation.item
    metric = metrics.get(str(item.check.settings.get("metric"))) if item.check else None
    weight = explanation.effective_weight
    share = "no part in the score" if weight is None else f"{weight:.2%} of the overall score"
    lines = [f"{item.id}: {item.title}", f"Effective weight: {share}"]
    lines += _wrapped(f"Score: {words}") if (words := scale(item, metric)) else []
    for changes in tailored(item, metric):
        lines += _wrapped(f"Tailored: {changes}")
    lines.append("")
    written = item.check.written if item.check else {}
    for field in explanation.fields:
        asked = written.get(field.name.removeprefix("with."))
        value = _as_words(_plain(field.value))
        if isinstance(asked, str) and asked.startswith("$"):
            value = f"{asked} = {'not answered yet' if field.value is None else value}"
        lines += _wrapped(f"{field.name}: {value}")
        lines.append(f"    {field.origin}")
    return "\n".join(lines)


def preset_as_data(preset: Preset) -> dict[str, Any]:
    """Return a preset as plain values."""
    return attrs.asdict(preset)


def preset_as_text(preset: Preset) -> str:
    """Return a preset for people: what it reads, how, and its traps."""
    lines = [f"{preset.id}: {preset.title}", *_wrapped(preset.suits), ""]
    seen = "held against a real file" if preset.seen else "never held against a real file"
    lines += [f"described at {preset.source}", f"{seen}", ""]
    lines += [f'reader = "{preset.reader}", table = "{preset.table}"']
    lines += [f'zone = "{preset.zone}"'] if preset.zone else []
    lines += _wrapped(f"where {preset.where}") if preset.where else []
    for name, text in preset.columns.items():
        lines += _wrapped(f"{name} = {' '.join(text.split())}")
    for rule in preset.rules:
        done = "left out" if rule.marker.effect is MarkerEffect.LEAVES_OUT else "marked"
        words = f"{done}, rule {rule.marker.id}: {rule.marker.meaning}, where {rule.when}"
        lines += _wrapped(words)
    lines += ["", "Traps", *(line for trap in preset.traps for line in _wrapped(f"- {trap}"))]
    return "\n".join(lines)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, subsequent_indent="    ", break_long_words=False)


def _plain(value: Any) -> Any:
    if attrs.has(type(value)):
        return attrs.asdict(value)
    if isinstance(value, (list, tuple)):
        return [_plain(member) for member in value]
    return value


def _as_words(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(map(_as_words, value))
    if isinstance(value, dict):
        if set(value) == {"languages"}:
            return _as_words(next(iter(value["languages"].values()), ""))
        parts = (
            f"{key} {_as_words(member)}"
            for key, member in value.items()
            if member is not None and member != ""
        )
        return ", ".join(parts)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
