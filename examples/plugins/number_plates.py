"""A redactor: number plates, as this house's drivers write them, taken out of all evidence."""

from __future__ import annotations

import re

import attrs

from cxaudit.plugin import Evidence, hook

_PLATE = re.compile(r"\b[A-Z]{1,3}[- ][A-Z]{1,2}[- ]?[0-9]{1,4}\b")


@hook
def cxaudit_redact(evidence: Evidence) -> Evidence:
    """Put ``[plate]`` in the place of each number plate.

    Where it must never be missing, name this plugin in ``[privacy] redactors`` of the audit file.
    """
    return attrs.evolve(
        evidence,
        quote=_PLATE.sub("[plate]", evidence.quote),
        fields={
            name: _PLATE.sub("[plate]", value) if isinstance(value, str) else value
            for name, value in evidence.fields.items()
        },
    )
