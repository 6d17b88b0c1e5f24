"""The house in numbers: sizes, empty names, comments, circles, arguments; ours beside others'.

Counts the modules below the folders that are given, without tests, documentation and examples.

Run: ``python bench/house.py [NAME=FOLDER[,FOLDER...] ...]``; our own tree comes first.
"""

from __future__ import annotations

import ast
import io
import statistics
import sys
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
OURS = (
    "src/cxaudit",
    "plugins/cxaudit_message",
    "plugins/cxaudit_phone",
    "plugins/cxaudit_reports",
)
LEFT_OUT = {"tests", "test", "testing", "docs", "examples", "_vendor"}
EMPTY = frozenset(
    (
        *("found", "each", "given", "told", "said", "place", "known", "shown", "own", "made"),
        *("holds", "below", "hidden", "inside", "placed"),
    )
)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass
class House:
    """What was counted in one project."""

    modules: list[int] = field(default_factory=list)
    functions: list[int] = field(default_factory=list)
    lines: int = 0
    code: int = 0
    comments: int = 0
    bindings: int = 0
    empty: int = 0
    circles: int = 0


def modules_of(folders: Iterable[Path]) -> dict[str, Path]:
    """Return the modules below packages, by dotted name."""
    modules = {}
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder.parent).with_suffix("").parts
            if not LEFT_OUT & set(parts[1:-1]):
                modules[".".join(parts).removesuffix(".__init__")] = path
    return modules


def counted(modules: dict[str, Path]) -> House:
    """Return what is counted in modules."""
    house = House()
    imports = {}
    for module, path in modules.items():
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
        lines = text.splitlines()
        house.modules.append(len(lines))
        house.functions += [
            (node.end_lineno or node.lineno) - node.lineno + 1
            for node in ast.walk(tree)
            if isinstance(node, FUNCTIONS)
        ]
        names = list(bindings(tree))
        house.bindings += len(names)
        house.empty += sum(name.strip("_") in EMPTY for name in names)
        comments = comment_lines(text)
        house.lines += len(lines)
        house.code += sum(bool(line.strip()) for line in lines) - len(comments)
        house.comments += len(comments)
        imports[module] = set(imported(tree, module, modules))
    house.circles = len(circles(imports))
    return house


def bindings(tree: ast.AST) -> Iterator[str]:
    """Yield the name of each parameter, variable and function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, FUNCTIONS):
            yield node.name


def comment_lines(text: str) -> list[str]:
    """Return the comments that have a line to themselves; marks for tools are none."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [
        token.string
        for token in tokens
        if token.type == tokenize.COMMENT and token.line.lstrip().startswith("#")
        if not token.string.startswith(("# type:", "# noqa", "# pragma", "# mypy", "# pylint"))
    ]


def imported(tree: ast.AST, module: str, modules: dict[str, Path]) -> Iterator[str]:
    """Yield modules of the project that one imports anywhere, for types or inside functions too.

    `from a.b import c` imports `a.b.c` where that is a module, else `a.b`.
    """
    parts = module.split(".")
    is_package = modules[module].name == "__init__.py"
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom):
            # In a package's `__init__`, one dot is the package itself.
            above = parts[: len(parts) - node.level + is_package] if node.level else []
            source = ".".join((*above, *filter(None, [node.module])))
            for alias in node.names:
                target = f"{source}.{alias.name}"
                if target in modules:
                    yield target
                elif source in modules and source != module:
                    yield source


def circles(imports: dict[str, set[str]]) -> list[set[str]]:
    """Return the sets of modules that all lead to each other by imports (Tarjan)."""
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    components: list[set[str]] = []

    def visit(module: str) -> None:
        index[module] = lowest[module] = len(index)
        stack.append(module)
        for target in imports[module]:
            if target not in index:
                visit(target)
                lowest[module] = min(lowest[module], lowest[target])
            elif target in stack:
                lowest[module] = min(lowest[module], index[target])
        if lowest[module] == index[module]:
            component = set(stack[stack.index(module) :])
            del stack[stack.index(module) :]
            if len(component) > 1:
                components.append(component)

    sys.setrecursionlimit(10_000)
    for module in imports:
        if module not in index:
            visit(module)
    return components


def most_arguments(path: Path, name: str) -> int:
    """Return the most arguments of a method of a class, `self` aside."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    (run,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    methods = [node.args for node in run.body if isinstance(node, FUNCTIONS)]
    return max(len((*args.posonlyargs, *args.args, *args.kwonlyargs)) - 1 for args in methods)


def row(house: House) -> list[str]:
    """Return the cells of one project."""
    sizes, lengths = sorted(house.modules), sorted(house.functions)
    return [
        f"{len(sizes)}",
        f"{statistics.median(sizes):.0f}",
        f"{sizes[-1]}",
        f"{statistics.median(lengths):.0f}",
        f"{lengths[int(0.9 * (len(lengths) - 1))]}",
        f"{lengths[-1]}",
        f"{100 * house.empty / house.bindings:.2f} %",
        f"{100 * house.comments / house.lines:.1f} %",
        f"{house.circles}",
        f"{house.code}",
    ]


def main(arguments: list[str]) -> None:
    projects = {"cxaudit": [ROOT / folder for folder in OURS]}
    for argument in arguments:
        name, _, folders = argument.partition("=")
        projects[name] = [Path(folder) for folder in folders.split(",")]
    head = (
        *("project", "modules", "median lines", "most", "function: median", "90 %", "most"),
        *("empty names", "comment lines", "import circles", "lines of code"),
    )
    print("| " + " | ".join(head) + " |")
    print("| --- |" + " ---: |" * (len(head) - 1))
    for name, folders in projects.items():
        print(f"| {name} | " + " | ".join(row(counted(modules_of(folders)))) + " |")
    most = most_arguments(ROOT / "src/cxaudit/_audit/run.py", "Run")
    print(f"\nA step of the run takes at most {most} arguments.")


if __name__ == "__main__":
    main(sys.argv[1:])
