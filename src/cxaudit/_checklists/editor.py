"""The checklist format with what is registered, for editors that complete and check."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from cxaudit._checklists.names import Registry
from cxaudit._checklists.validation import published_schema
from cxaudit._model.identifiers import short

__all__ = ["schema"]

_PARAMETER = {"type": "string", "pattern": "^\\$", "description": 'A parameter, as "$name".'}


def schema(registry: Registry) -> dict[str, Any]:
    """Return the JSON Schema of checklists, with the checks that are registered and their settings.

    A setting also takes a parameter, written ``"$name"``. Names may be given in full or short.
    """
    whole = copy.deepcopy(published_schema("checklist-1.schema.json"))
    definitions = whole["$defs"]
    checks: Mapping[str, Any] = registry.of("check")
    names = sorted({*checks, *(short(name) for name in checks)})
    definitions["check"]["enum"] = names
    definitions["check"]["description"] += "\n" + "\n".join(
        f"- {short(name)}: {checks[name].summary}" for name in sorted(checks)
    )
    rules = []
    for name in sorted(checks):
        key = f"with:{name}"
        definitions[key] = _with_parameters(name, checks[name].settings)
        rules.append(
            {
                "if": {
                    "properties": {"check": {"enum": sorted({name, short(name)})}},
                    "required": ["check"],
                },
                "then": {"properties": {"with": {"$ref": f"#/$defs/{key}"}}},
            }
        )
    if rules:
        definitions["item"]["allOf"] = rules
    tables = sorted(registry.of("table"))
    if tables:
        for kind in ("metric", "detector"):
            definitions[kind]["properties"]["table"]["enum"] = tables
    return whole


def _with_parameters(name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return a check's settings schema in which every setting may be a parameter."""
    relaxed = {"$id": f"urn:cxaudit:check:{name}", **copy.deepcopy(dict(settings))}
    for setting, rule in relaxed.get("properties", {}).items():
        described = {"description": rule["description"]} if "description" in rule else {}
        relaxed["properties"][setting] = {**described, "anyOf": [rule, _PARAMETER]}
    return relaxed
