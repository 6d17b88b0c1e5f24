"""Sizes that a reader can hold, and imports that go one way."""

from __future__ import annotations

import ast
import functools
import io
import tokenize
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "plugins", "checklists", "bench", "examples")
MODULES = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
SUPPORT = sorted((ROOT / "tests/support").glob("*.py"))
PACKAGES = ("cxaudit", "cxaudit_message", "cxaudit_phone", "cxaudit_reports")


def test_no_module_is_longer_than_600_lines():
    lines = {path: len(path.read_text("utf-8").splitlines()) for path in [*MODULES, *SUPPORT]}
    assert {str(path): count for path, count in lines.items() if count > 600} == {}


LONGER = {
    "cxaudit_1.py: score",
    "make_records.py: write_help_desk",
    "report_page.py: result",
}
"""Functions and classes that are longer still: no other may become so."""


@functools.cache
def read(path: Path) -> tuple[ast.Module, set[int]]:
    """Return a module's tree, and the numbers of its lines of code."""
    text = path.read_text("utf-8")
    return ast.parse(text), lines_of_code(text)


def lines_of_code(text: str) -> set[int]:
    """Return the numbers of lines that are neither blank, comment nor docstring."""
    layout = {
        *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE),
        *(tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER),
    }
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in layout:
            lines |= {*range(token.start[0], token.end[0] + 1)}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            lines -= {*range(node.lineno, node.end_lineno + 1)}
    return lines


@pytest.mark.parametrize(
    ("kind", "most"),
    [((ast.FunctionDef, ast.AsyncFunctionDef), 60), (ast.ClassDef, 250)],
    ids=["functions of 60 lines", "classes of 250 lines"],
)
def test_no_part_of_the_code_is_longer_than_a_reader_can_hold(kind, most):
    long = []
    for path in MODULES:
        tree, lines = read(path)
        long += [
            f"{path.name}: {node.name}"
            for node in ast.walk(tree)
            if isinstance(node, kind)
            and len(lines & {*range(node.lineno, node.end_lineno + 1)}) > most
        ]
    assert sorted({*long} - LONGER) == []


def test_no_import_goes_in_a_circle():
    """Not even one that only a type checker follows."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    TopologicalSorter(
        {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    ).prepare()


def test_layers_point_one_way(monkeypatch):
    """The contracts of `[tool.importlinter]`: layers, and what plugins may import."""
    from importlinter.application.use_cases import lint_imports
    from importlinter.configuration import configure

    monkeypatch.chdir(ROOT)
    configure()
    assert lint_imports(cache_dir=None)


def test_no_test_loads_another_file_by_its_path():
    """What tests share lies in `tests.support`, and is imported."""
    ways = {"spec_from_file_location", "run_path", "SourceFileLoader"}
    loaders = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if "wrong" not in path.parts
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ways
    ]
    assert loaders == []
