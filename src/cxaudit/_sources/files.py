"""Which files a source names, their digests, and names for their columns."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from cxaudit._model.audit import SourceUse, matching
from cxaudit._model.said import Said
from cxaudit.errors import Problem, SourceError

__all__ = ["RESERVED", "digest_file", "distinct_names", "expand", "joined_names", "problem"]

RESERVED = ("_source", "_row", "_zone", "_unit", "_code", "_n")
"""Names that rows carry for the engine's own use."""


def expand(use: SourceUse, folder: Path) -> tuple[Path, ...]:
    """Return the files of a source: globs expanded and sorted, each file once.

    Args:
        use: The source.
        folder: Folder that relative paths start from.

    Raises:
        SourceError: If a path matches nothing, or names what is no regular file, or is no
            text in UTF-8; all such at once.
    """
    files: dict[Path, Path] = {}
    problems: list[Problem] = []
    for position, pattern in enumerate(use.paths):
        matches = matching(folder, pattern)
        if matches != [folder / pattern]:
            matches = [match for match in matches if not match.is_dir()]
        setting = f"sources.{use.name}.path" + (f"[{position}]" if len(use.paths) > 1 else "")
        if not matches:
            hint = f"Paths start from {folder}. Check the name, or leave the source out."
            problems.append(
                Problem(f"no file matches {pattern!r}", path=setting, hint=hint, line=use.line)
            )
        for file in matches:
            if file.is_dir():
                hint = f"Name its files, such as {pattern.rstrip('/')}/*.csv."
                message = f"{pattern!r} is a folder"
                problems.append(Problem(message, path=setting, hint=hint, line=use.line))
            elif file.exists() and not file.is_file():
                # A pipe would be waited for, a device read for ever.
                hint = "Save it as a file, and name that."
                message = f"{str(file)!r} is no regular file"
                problems.append(Problem(message, path=setting, hint=hint, line=use.line))
            elif (name := os.fsencode(file.absolute()).decode("utf-8", "backslashreplace")) != str(
                file.absolute()
            ):
                hint = "Rename it, or the folder that it lies in."
                message = f"the name of {name} is no text in UTF-8"
                problems.append(Problem(message, path=setting, hint=hint, line=use.line))
            else:
                files.setdefault(file.resolve(), file)
    if problems:
        raise SourceError(tuple(problems))
    return tuple(files.values())


def digest_file(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal.

    Raises:
        OSError: If the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def distinct_names(names: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return usable column names, and notes on those that had to be renamed.

    Names are compared without regard to case, as engines do. An empty name becomes ``column3``
    by its place; a name met before, or kept for the engine, gets ``_2`` and so on.
    """
    raw_names = list(names)
    taken = {name.lower() for name in RESERVED}
    wanted = {name.strip().lower() for name in raw_names}
    result: list[str] = []
    notes: list[str] = []
    for position, raw in enumerate(raw_names, start=1):
        base = name = raw.strip() or f"column{position}"
        count = 2
        while name.lower() in taken or (name != base and name.lower() in wanted):
            name, count = f"{base}_{count}", count + 1
        taken.add(name.lower())
        result.append(name)
        if name != raw.strip():
            notes.append(
                Said("column-renamed", n=position, column=repr(raw.strip()), name=repr(name))
            )
    return tuple(result), tuple(notes)


def joined_names(columns: Sequence[Sequence[str]], files: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of several files of one source, each once.

    Raises:
        SourceError: If two files spell a column with other capitals: an engine takes both for
            one, and would read one of them alone.
    """
    spelt: dict[str, tuple[str, str]] = {}
    for names, file in zip(columns, files, strict=True):
        for name in names:
            first, where = spelt.setdefault(name.lower(), (name, file))
            if first != name:
                hint = "Spell it alike in both, or read them as two sources."
                raise problem(file, f"the column {name!r} is {first!r} in {where}", hint=hint)
    return tuple(name for name, _ in spelt.values())


def problem(file: str, message: str, *, hint: str = "", line: int | None = None) -> SourceError:
    """Return the error for one file."""
    return SourceError((Problem(message, file=file, line=line, hint=hint),))
