"""Small parts of OSCAL documents: properties, links, titles and texts as the format allows them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cxaudit.plugin import Item, Score
from cxaudit_reports.machine.text import file_uri, one_line, without

__all__ = [
    "NAMESPACE",
    "file_link",
    "markdown",
    "objective",
    "objective_id",
    "plain",
    "props_of",
    "score_values",
    "title_line",
    "token",
]

NAMESPACE = "urn:cxaudit:oscal"
"""Namespace of our properties and parts: those of OSCAL itself mean what NIST says."""

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>~^|&$])")
_NOT_TOKEN = re.compile(r"[^\w.\-]")


def score_values(score: Score | None) -> dict[str, float | str | None]:
    """Return a score as values of properties; nothing for None."""
    if score is None:
        return {}
    return {
        "score": score.value,
        "score-low": score.low,
        "score-high": score.high,
        "coverage": score.coverage,
        "lowest": score.lowest,
        "highest": score.highest,
        "partial": "yes" * score.partial,
        "scored": score.scored,
        "not-assessed": score.unknown,
        "neutral": score.neutral,
    }


def file_link(name: str, digest: str) -> dict[str, Any]:
    """Return a link to a file, with its SHA-256 where that is known."""
    value = plain(digest)
    hashes = [{"algorithm": "SHA-256", "value": value}] if value else []
    return without({"href": file_uri(name), "hashes": hashes})


def props_of(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return properties in our namespace; several where a value is a list, none where unknown."""
    props = []
    for name, value in values.items():
        for each in value if isinstance(value, (list, tuple)) else (value,):
            text = "" if each is None else repr(each) if type(each) is float else plain(str(each))
            if text:
                props.append({"name": name, "ns": NAMESPACE, "value": text})
    return props


def plain(text: str) -> str:
    """Return a text on one line, without spaces at its ends."""
    return one_line(text).strip()


def markdown(text: str) -> str:
    """Return a client's text so that it is no markup in Markdown."""
    return _MARKDOWN.sub(r"\\\1", plain(text))


def title_line(text: str) -> str:
    """Return a title, which must not be empty."""
    return markdown(text) or "-"


def token(name: str) -> str:
    """Return an id as OSCAL allows it: letters, digits, dot, hyphen, underscore."""
    text = _NOT_TOKEN.sub("_", name)
    return text if text[:1].isalpha() or text[:1] == "_" else f"_{text}"


def objective_id(item: str) -> str:
    """Return the id of the objective that describes an item."""
    return f"{token(item)}_objective"


def objective(item: Item, language: str) -> dict[str, Any]:
    """Return an item as a control with the local objective that describes it."""
    given = item.guidance
    texts = (("counts", given.counts), ("does-not-count", given.does_not_count))
    parts = [
        {"name": name, "ns": NAMESPACE, "prose": markdown(text.within(language))}
        for name, text in (*texts, ("advice", given.advice))
        if text
    ]
    described = {
        "id": objective_id(item.id),
        "name": "item",
        "ns": NAMESPACE,
        "title": title_line(item.title.within(language)),
        "prose": markdown((given.question or item.title).within(language)),
        "parts": parts,
    }
    critical = item.critical
    props = {
        "code": item.code,
        "area": item.area,
        "touchpoint": item.touchpoints,
        "lens": [f"{lens}/{key}" for lens, keys in item.lenses.items() for key in keys],
        "role": item.role,
        "weight": item.weight,
        "critical": ("compliance" if critical.compliance else "yes") if critical else "",
        "fail-below": critical.fail_below if critical else None,
        "excluded": item.excluded,
    }
    return {
        "control-id": token(item.id),
        "props": props_of(props),
        "parts": [without(described)],
    }
