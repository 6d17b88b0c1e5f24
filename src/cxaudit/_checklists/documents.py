"""Documents that can say where each of their values was written: TOML, and values of Python."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from cxaudit.errors import Problem

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from tree_sitter import Node

__all__ = [
    "Document",
    "Problems",
    "Step",
    "document_of",
    "read_document",
    "show_path",
    "with_lines",
]

Step = str | int
"""One step of a path into a document: a key, or an index counted from 0."""


_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def show_path(path: tuple[Step, ...]) -> str:
    """Return a path as a person reads it: ``item[3].ask.curve``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            key = step if _BARE_KEY.fullmatch(step) else f'"{step}"'
            text += f".{key}" if text else key
    return text


@attrs.define(slots=False, eq=False)
class Document:
    """A TOML file as read, or what was handed over in its place.

    Attributes:
        file: The file, as the user named it.
        text: Its text; None for values of Python, which stand in no line.
        data: Its content.
        digest: SHA-256 of its bytes; of values, of their JSON with sorted keys.
    """

    file: str
    text: str | None = attrs.field(repr=False)
    data: dict[str, Any] = attrs.field(repr=False)
    digest: str = ""

    @cached_property
    def _positions(self) -> dict[tuple[Step, ...], tuple[int, int]]:
        return _positions(self.text or "")

    def position(self, path: tuple[Step, ...]) -> tuple[int, int] | tuple[None, None]:
        """Return line and column, from 1, of a path or of the nearest table around it.

        Values of Python have neither.
        """
        if self.text is None:
            return None, None
        while path and path not in self._positions:
            path = path[:-1]
        return self._positions.get(path, (1, 1))

    def line(self, path: tuple[Step, ...]) -> str:
        """Return in words where a path is: ``line 12``, or the path itself where there are none."""
        line, _ = self.position(path)
        return show_path(path) if line is None else f"line {line}"

    def locate(self, path: tuple[Step, ...]) -> str:
        """Return the file and where a path is in it: ``audit.toml:12``."""
        line, _ = self.position(path)
        return f"{self.file}: {show_path(path)}" if line is None else f"{self.file}:{line}"

    def problem(self, path: tuple[Step, ...], message: str, hint: str = "") -> Problem:
        """Return a problem placed at a path."""
        line, column = self.position(path)
        return Problem(
            message, file=self.file, line=line, column=column, path=show_path(path), hint=hint
        )


@attrs.define
class Problems:
    """Problems as they are found, over all files that are read together."""

    reported: list[Problem] = attrs.field(factory=list)
    files: list[str] = attrs.field(factory=list)
    incomplete: bool = False
    """Whether items may be missing, as what holds them was too wrong to be read."""

    def add(self, document: Document, path: tuple[Step, ...], message: str, hint: str = "") -> None:
        """Add a problem placed in a document."""
        self.reported.append(document.problem(path, message, hint))

    def ordered(self) -> tuple[Problem, ...]:
        """Return the problems by file, in reading order, then by line; each once."""
        order = {file: rank for rank, file in enumerate(dict.fromkeys(self.files))}
        return tuple(
            sorted(
                dict.fromkeys(self.reported),
                key=lambda p: (order.get(p.file, len(order)), p.line or 0, p.column or 0),
            )
        )


def read_document(source: Traversable, file: str, problems: Problems) -> Document | None:
    """Read a TOML file; None when it cannot be read, which is then among the problems.

    Args:
        source: The file.
        file: The file, as the user named it.
        problems: Where problems are added.
    """
    problems.files.append(file)
    if isinstance(source, Path) and source.exists() and not source.is_file():
        # A pipe would be waited for, a device read for ever.
        kind = "is a folder" if source.is_dir() else "is no regular file"
        problems.reported.append(Problem(f"This {kind}.", file=file, hint="Name a TOML file."))
        return None
    try:
        raw = source.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        problems.reported.append(Problem(f"The file cannot be read: {reason}.", file=file))
        return None
    return _parsed(raw, file, problems)


def _parsed(raw: bytes, file: str, problems: Problems) -> Document | None:
    import tomli

    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
        data = tomli.loads(text)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        problems.reported.append(
            Problem(
                "The file is not UTF-8 text.",
                file=file,
                line=line,
                column=column,
                hint="Save it with the encoding UTF-8.",
            )
        )
    except tomli.TOMLDecodeError as error:
        problems.reported.append(_syntax_problem(error, text, file))
    except ValueError as error:  # Python's limit on the digits of a whole number
        problems.reported.append(Problem(f"This is not valid TOML: {error}.", file=file))
    except RecursionError:
        problems.reported.append(Problem("Values are nested too deep.", file=file))
    else:
        return Document(file, text, data, hashlib.sha256(raw).hexdigest())
    return None


def document_of(content: Mapping[str, Any] | str, file: str, problems: Problems) -> Document | None:
    """Return TOML text, or the values that it would hold, as a document.

    In values, tuples are lists, paths are text, and what is None is left out.

    Args:
        content: The text or the values.
        file: What to call it in messages.
        problems: Where problems are added.

    Returns:
        The document; None when it cannot be used, which is then among the problems.
    """
    problems.files.append(file)
    if isinstance(content, str):
        return _parsed(content.encode("utf-8", errors="surrogatepass"), file, problems)
    before = len(problems.reported)
    try:
        data = _plain(content, (), file, problems)
    except RecursionError:
        problems.reported.append(Problem("Values are nested too deep.", file=file))
    if len(problems.reported) > before:
        return None
    text = json.dumps(data, sort_keys=True, default=str)
    return Document(file, None, data, hashlib.sha256(text.encode()).hexdigest())


def _plain(value: Any, path: tuple[Step, ...], file: str, problems: Problems) -> Any:
    """Return a value as TOML would give it; what it cannot hold is a problem."""
    if isinstance(value, Mapping):
        entries = {}
        for key, entry in value.items():
            if not isinstance(key, str):
                message = f"The key {key!r} is a {type(key).__name__}, and keys are texts."
                problems.reported.append(Problem(message, file=file, path=show_path(path)))
            elif entry is not None:
                entries[key] = _plain(entry, (*path, key), file, problems)
        return entries
    if isinstance(value, list | tuple):
        return [_plain(entry, (*path, index), file, problems) for index, entry in enumerate(value)]
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "dtype") and getattr(value, "shape", None) == ():  # a number of numpy
        value = value.item()
    if isinstance(value, str | bool | int | float | date | datetime | time):
        return value
    message = f"A {type(value).__name__} is no value of an audit or checklist."
    hint = "Use texts, numbers, true or false, dates, lists and mappings."
    problems.reported.append(Problem(message, file=file, path=show_path(path), hint=hint))
    return None


def with_lines(problems: tuple[Problem, ...], path: Path) -> tuple[Problem, ...]:
    """Return problems of a TOML file that was read before, with the line of their paths."""
    document = read_document(path, str(path), Problems())
    if document is None:
        return problems
    with_places = []
    for problem in problems:
        head, _, name = problem.path.partition(".")
        line, column = document.position((head, name)) if head else (None, None)
        with_places.append(attrs.evolve(problem, line=line, column=column))
    return tuple(with_places)


_SYNTAX_HINTS = {
    "Cannot overwrite": "A key may be written only once in a table: remove one of the two.",
    "Cannot declare": "A table may be opened only once: put its keys together.",
    "Invalid value": "Texts stand in double quotes; true, false, numbers and dates without.",
    "Expected '=' after a key": "Write `key = value`; odd keys stand in double quotes.",
    "Unescaped '\\'": "In double quotes write \\\\ for a backslash, or use single quotes.",
    "Illegal character '\\n'": "A text in quotes ends on its line; longer ones take three quotes.",
    "Expected ']' at the end": "A table is opened by `[name]` or `[[name]]` on its own line.",
    "Unclosed array": "Close the list with `]`.",
}


def _syntax_problem(error: Any, text: str, file: str) -> Problem:
    lines = text.split("\n")
    line, column = error.lineno, error.colno
    if line > 1 and column == len(lines[line - 1]) + 1 and not lines[line - 1]:
        line -= 1  # the fault ends a line; naming the empty one after it would mislead
        column = len(lines[line - 1]) + 1
    hint = next((h for start, h in _SYNTAX_HINTS.items() if error.msg.startswith(start)), "")
    return Problem(
        f"This is not valid TOML: {error.msg[:1].lower()}{error.msg[1:]}.",
        file=file,
        line=line,
        column=column,
        hint=hint,
    )


def _positions(text: str) -> dict[tuple[Step, ...], tuple[int, int]]:
    import tree_sitter
    import tree_sitter_toml

    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_toml.language()))
    source = text.encode()
    return _Locator(source, source.split(b"\n")).all_positions(parser.parse(source).root_node)


@attrs.define
class _Locator:
    """Walks a syntax tree and notes where each path begins."""

    source: bytes
    lines: list[bytes]
    positions: dict[tuple[Step, ...], tuple[int, int]] = attrs.field(factory=dict)
    counts: dict[tuple[Step, ...], int] = attrs.field(factory=dict)

    def all_positions(self, root: Node) -> dict[tuple[Step, ...], tuple[int, int]]:
        for node in root.named_children:
            if node.type == "pair":
                self.put_pair((), node)
            elif node.type in {"table", "table_array_element"} and node.named_children:
                base = self.put_header(node)
                for pair in node.named_children[1:]:
                    if pair.type == "pair":
                        self.put_pair(base, pair)
        return self.positions

    def put(self, path: tuple[Step, ...], node: Node) -> None:
        row, offset = node.start_point
        column = len(self.lines[row][:offset].decode()) + 1
        self.positions.setdefault(path, (row + 1, column))

    def put_header(self, table: Node) -> tuple[Step, ...]:
        names = list(_keys(table.named_children[0], self.source))
        path: tuple[Step, ...] = ()
        for position, name in enumerate(names):
            path = (*path, name)
            if position == len(names) - 1 and table.type == "table_array_element":
                self.counts[path] = self.counts.get(path, -1) + 1
                self.put(path, table)
            if path in self.counts:
                path = (*path, self.counts[path])
            self.put(path, table)
        return path

    def put_pair(self, base: tuple[Step, ...], pair: Node) -> None:
        parts = [child for child in pair.named_children if child.type != "comment"]
        if len(parts) != 2:  # noqa: PLR2004 - a key and a value
            return
        path = base
        for name in _keys(parts[0], self.source):
            path = (*path, name)
            self.put(path, parts[0])
        self.put_value(path, parts[1])

    def put_value(self, path: tuple[Step, ...], node: Node) -> None:
        if node.type == "inline_table":
            for pair in node.named_children:
                if pair.type == "pair":
                    self.put_pair(path, pair)
        elif node.type == "array":
            elements = [child for child in node.named_children if child.type != "comment"]
            for index, element in enumerate(elements):
                self.put((*path, index), element)
                self.put_value((*path, index), element)


def _keys(node: Node, source: bytes) -> Iterator[str]:
    if node.type == "dotted_key":
        for child in node.named_children:
            yield from _keys(child, source)
        return
    written = source[node.start_byte : node.end_byte].decode()
    if node.type == "quoted_key":
        import tomli

        yield next(iter(tomli.loads(f"{written} = 0")))
    else:
        yield written
