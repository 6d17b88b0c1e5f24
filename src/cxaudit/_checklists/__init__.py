"""Checklists and audit files: read, validated, merged and resolved.

`load_checklist` reads checklist files and all they extend; `load_audit` reads an audit file with
what it names. Both report every problem at once, each with its file, line, column and a hint.
`lint` lists what is allowed and could be better, `explain` says where each field of an item comes
from, and `schema` gives editors the format with the checks that are registered.
"""

from __future__ import annotations

from cxaudit._checklists.audits import audit_of, load_audit, named_checklists
from cxaudit._checklists.documents import with_lines
from cxaudit._checklists.editor import schema
from cxaudit._checklists.explain import ExplainedField, Explanation, effective_weights, explain
from cxaudit._checklists.linting import lint
from cxaudit._checklists.loading import load_checklist
from cxaudit._checklists.names import Registry

__all__ = [
    "ExplainedField",
    "Explanation",
    "Registry",
    "audit_of",
    "effective_weights",
    "explain",
    "lint",
    "load_audit",
    "load_checklist",
    "named_checklists",
    "schema",
    "with_lines",
]
