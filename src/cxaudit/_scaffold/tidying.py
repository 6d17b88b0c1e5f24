"""One module out of several, with the imports that it uses."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator

__all__ = ["tidy"]

_LINE = 100
_DEFINITIONS = (ast.FunctionDef, ast.ClassDef)
_IMPORTS = (ast.Import, ast.ImportFrom)


def tidy(source: str, *others: str) -> str:
    """Return a module with the bodies of others before its own, as a formatter would leave it.

    Args:
        source: The module; its docstring stays.
        *others: Modules of its package. What they import of it is theirs then.
    """
    tree = ast.parse(source)
    lines = source.splitlines()
    docstring = "\n".join(lines[: tree.body[0].end_lineno])
    segments = [segment for module in (*others, source) for segment in _segments(module)]
    body = _joined(segments)
    used = {node.id for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)}
    names = _imported([source, *others], used, relative=not others)
    blocks = ["\n".join(block) for block in _import_blocks(names) if block]
    first_is_definition = bool(segments) and isinstance(segments[0][0], _DEFINITIONS)
    head = "\n\n".join([docstring, *blocks])
    return f"{head}{chr(10) * (3 if first_is_definition else 2)}{body}\n"


def _segments(source: str) -> Iterator[tuple[ast.stmt, str, bool]]:
    """Yield each statement but docstring and imports, its text, and whether a line is before it."""
    lines = source.splitlines()
    for node in ast.parse(source).body[1:]:
        if isinstance(node, _IMPORTS):
            continue
        decorators = getattr(node, "decorator_list", [])
        start = min([node.lineno, *(decorator.lineno for decorator in decorators)]) - 1
        yield node, "\n".join(lines[start : node.end_lineno]), not lines[start - 1].strip()


def _joined(segments: Iterable[tuple[ast.stmt, str, bool]]) -> str:
    text, last = "", None
    for node, segment, apart in segments:
        if last is not None:
            defines = isinstance(node, _DEFINITIONS) or isinstance(last, _DEFINITIONS)
            text += "\n" * (3 if defines else 2 if apart else 1)
        text, last = text + segment, node
    return text


def _imported(sources: Iterable[str], used: set[str], *, relative: bool) -> dict[str, set[str]]:
    """Return module to the names that are imported from it; none for the module itself."""
    names: dict[str, set[str]] = {}
    for source in sources:
        for node in ast.parse(source).body:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.name in used:
                        names.setdefault(alias.name, set())
            elif isinstance(node, ast.ImportFrom) and (relative or not node.level):
                module = "." * node.level + (node.module or "")
                wanted = {a.name for a in node.names if a.name in used or module == "__future__"}
                if wanted:
                    names.setdefault(module, set()).update(wanted)
    return names


def _import_blocks(names: dict[str, set[str]]) -> Iterator[list[str]]:
    """Yield the imports of each section: future, standard library, packages, this package."""
    sections: tuple[list[tuple[bool, str]], ...] = ([], [], [], [])
    for module, members in names.items():
        top = module.partition(".")[0]
        ours = 2 if top else 3
        number = 0 if top == "__future__" else 1 if top in sys.stdlib_module_names else ours
        sections[number].append((bool(members), module))
    for modules in sections:
        yield [_import(module, names[module]) for _, module in sorted(modules)]


def _import(module: str, members: set[str]) -> str:
    if not members:
        return f"import {module}"
    # Classes come before functions, as isort has them.
    ordered = sorted(members, key=lambda name: (not name[0].isupper(), name))
    line = f"from {module} import {', '.join(ordered)}"
    if len(line) <= _LINE:
        return line
    return f"from {module} import (\n" + "".join(f"    {name},\n" for name in ordered) + ")"
