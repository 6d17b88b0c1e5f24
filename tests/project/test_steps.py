"""The steps of a run can be called by a reader who remembers six things at a time."""

from __future__ import annotations

import ast
from pathlib import Path

import cxaudit

AUDIT = Path(cxaudit.__file__).parent / "_audit"
MOST = 6


def arguments(function):
    listed = function.args
    names = [argument.arg for argument in (*listed.posonlyargs, *listed.args, *listed.kwonlyargs)]
    return [name for name in names if name not in {"self", "cls"}]


def test_no_step_takes_more_than_six_arguments():
    long = [
        f"{path.name}:{node.lineno}: {node.name}"
        for path in sorted(AUDIT.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and len(arguments(node)) > MOST
    ]
    assert long == []
