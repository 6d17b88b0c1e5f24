"""Which files a source names, their digests, and names for their columns."""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Iterable
from pathlib import Path

from cxaudit._model.audit import SourceUse
from cxaudit._model.said import Said
from cxaudit.errors import Problem, SourceError

__all__ = ["RESERVED", "digest_file", "distinct_names", "expand", "problem"]

RESERVED = ("_source", "_row", "_zone", "_unit", "_code", "_n")
"""Names that rows carry for the engine's own use."""


def expand(use: SourceUse, folder: Path) -> tuple[Path, ...]:
    """Return the files of a source: globs expanded and sorted, each file once.

    Args:
        use: The source.
        folder: Folder that relative paths start from.

    Raises:
        SourceError: If a path matches nothing, or names what is no regular file; all such at once.
    """
    files: dict[Path, Path] = {}
    problems: list[Problem] = []
    for position, pattern in enumerate(use.paths):
        whole = folder / pattern
        if whole.exists():
            matches = [whole]
        else:
            matches = [Path(found) for found in sorted(glob.glob(str(whole), recursive=True))]  # noqa: PTH207 - Path.glob takes no absolute patterns
            matches = [found for found in matches if not found.is_dir()]
        place = f"sources.{use.name}.path" + (f"[{position}]" if len(use.paths) > 1 else "")
        if not matches:
            hint = f"Paths start from {folder}. Check the name, or leave the source out."
            problems.append(
                Problem(f"no file matches {pattern!r}", path=place, hint=hint, line=use.line)
            )
        for found in matches:
            if found.is_dir():
                hint = f"Name its files, such as {pattern.rstrip('/')}/*.csv."
                message = f"{pattern!r} is a folder"
                problems.append(Problem(message, path=place, hint=hint, line=use.line))
            elif found.exists() and not found.is_file():
                # A pipe would be waited for, a device read for ever.
                hint = "Save it as a file, and name that."
                message = f"{str(found)!r} is no regular file"
                problems.append(Problem(message, path=place, hint=hint, line=use.line))
            else:
                files.setdefault(found.resolve(), found)
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
    given = list(names)
    taken = {name.lower() for name in RESERVED}
    wanted = {name.strip().lower() for name in given}
    result: list[str] = []
    notes: list[str] = []
    for place, raw in enumerate(given, start=1):
        base = name = raw.strip() or f"column{place}"
        count = 2
        while name.lower() in taken or (name != base and name.lower() in wanted):
            name, count = f"{base}_{count}", count + 1
        taken.add(name.lower())
        result.append(name)
        if name != raw.strip():
            notes.append(Said("column-renamed", n=place, column=repr(raw.strip()), name=repr(name)))
    return tuple(result), tuple(notes)


def problem(file: str, message: str, *, hint: str = "", line: int | None = None) -> SourceError:
    """Return the error for one file."""
    return SourceError((Problem(message, file=file, line=line, hint=hint),))
