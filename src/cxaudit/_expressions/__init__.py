"""The expression language: a small typed subset of SQL with a closed dictionary of functions.

An expression is untrusted text. It is limited in length and depth, read token by token, parsed,
allowed node by node, typed, and turned into the nodes of `cxaudit._model.expressions`, which
every engine prints in its own way. It can name columns of one row and functions of `FUNCTIONS`,
and nothing else.
"""

from __future__ import annotations

from cxaudit._expressions.functions import FUNCTIONS, Function, reference
from cxaudit._expressions.parsing import parameters_in, parse, text_columns_in
from cxaudit._expressions.walking import (
    absent_in,
    columns_in,
    nodes_of,
    refuse_measured,
    schedules_in,
)

__all__ = [
    "FUNCTIONS",
    "Function",
    "absent_in",
    "columns_in",
    "nodes_of",
    "parameters_in",
    "parse",
    "reference",
    "refuse_measured",
    "schedules_in",
    "text_columns_in",
]
