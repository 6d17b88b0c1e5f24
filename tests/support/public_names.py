"""The public names of cxaudit, and where they are public."""

from __future__ import annotations

import importlib

from cxaudit.plugin import blocks, expressions

MODULES = (
    *("session", "plugin", "hookspecs", "testing", "records", "columns", "documents", "errors"),
    "telemetry",
)
PARTS = {"cxaudit.plugin.blocks": blocks, "cxaudit.plugin.expressions": expressions}
"""Modules that stand in a public one under a name of their own."""


def members(module):
    return (PARTS.get(module) or importlib.import_module(module)).__all__


def public_names():
    """Yield every public name; what `blocks` and `expressions` hold is public there alone."""
    for part in PARTS:
        yield from (f"{part}.{name}" for name in members(part))
    elsewhere = {id(getattr(part, name)) for part in PARTS.values() for name in part.__all__}
    elsewhere |= {id(part) for part in PARTS.values()}
    for module in (f"cxaudit.{name}" for name in MODULES):
        for name in members(module):
            if id(getattr(importlib.import_module(module), name)) not in elsewhere:
                yield f"{module}.{name}"
