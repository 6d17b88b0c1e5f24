"""A name says what it holds: empty words are rare, in code and in what tests share."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EMPTY = {
    *("below", "each", "found", "given", "hidden", "holds", "inside", "known", "made"),
    *("own", "place", "placed", "said", "shown", "told"),
}
SHORT = 5
"""Lines of a function that is read at one glance: its names count for nothing."""
LARGEST_SHARE = 0.005
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def bindings(node: ast.AST, *, counted: bool = True) -> Iterator[tuple[str, int]]:
    """Yield each name that code binds, with its line: functions, parameters, variables, `as`."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield node.name, node.lineno
    if isinstance(node, Function):
        body = node.body if isinstance(node.body, list) else [node.body]
        counted = body[-1].end_lineno - node.lineno >= SHORT
    if counted and isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id, node.lineno
    elif counted and isinstance(node, ast.arg):
        yield node.arg, node.lineno
    elif counted and isinstance(node, ast.ExceptHandler) and node.name:
        yield node.name, node.lineno
    for child in ast.iter_child_nodes(node):
        yield from bindings(child, counted=counted)


def names_of(folders: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return every name that modules of folders bind, with its file and line."""
    return [
        (name, f"{path.relative_to(ROOT).as_posix()}:{line}: {name}")
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "wrong" not in path.parts  # wrong on purpose
        for name, line in bindings(ast.parse(path.read_text("utf-8")))
    ]


def empty(names: list[tuple[str, str]]) -> list[str]:
    """Return where a name is an empty word."""
    return [where for name, where in names if name.strip("_") in EMPTY]


@pytest.mark.parametrize(
    "folders",
    [("src", "plugins", "checklists"), ("bench", "examples"), ("tests/support", "tests/project")],
    ids=" ".join,
)
def test_at_most_one_name_in_two_hundred_says_nothing(folders):
    names = names_of(folders)
    said_nothing = empty(names)
    share = len(said_nothing) / max(len(names), 1)
    listing = "\n".join(said_nothing)
    assert share <= LARGEST_SHARE, f"{share:.2%} of {len(names)} names:\n{listing}"


def test_the_lint_sees_every_way_to_bind_a_name():
    code = """
found = 1
def placed(given, *told, known=0, **own):
    for each in given:
        made = [shown for shown in each if (below := shown)]
    with open("x") as hidden:
        pass
    try:
        place, (inside, _said) = made
    except OSError as holds:
        raise
class Finding:
    found: int = 0
short = lambda each: each
def brief(each):
    return each
"""
    names = [name for name, _ in bindings(ast.parse(code))]
    counted = [name for name in names if name.strip("_") in EMPTY]
    assert sorted(counted) == sorted(
        [
            *("found", "placed", "given", "told", "known", "own", "each", "made", "shown"),
            *("below", "hidden", "place", "inside", "_said", "holds", "found"),
        ]
    )
    assert {"brief", "short"} <= {*names}
