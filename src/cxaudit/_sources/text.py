"""Text files made readable for the engine: UTF-8, one kind of line end, unpacked where need be."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import zlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO, cast

import attrs

from cxaudit._model.said import Said
from cxaudit._sources.files import digest_file, problem
from cxaudit.errors import SourceError

__all__ = ["TextFile", "lines_start", "prepare"]

_BLOCK = 1 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NO_TEXT = (
    (b"PAR1\x15", "a Parquet file", 'Set reader = "parquet".'),
    (b"PK\x03\x04", "a ZIP archive, as workbooks are", 'Set reader = "xlsx", or unpack it.'),
    (b"\xd0\xcf\x11\xe0", "a workbook of an old kind", 'Set reader = "xlsx".'),
    (b"SQLite format 3\0", "an SQLite database", "Export its table as CSV."),
    (b"%PDF-", "a PDF", "Export its records as CSV."),
    (b"\x1f\x8b", "packed by gzip", "Add .gz to its name."),
)
"""How files of other kinds begin, what they are, and what to do. None of it begins a text."""


@attrs.frozen
class TextFile:
    """A file that the engine can read as UTF-8, and what was done to make it so.

    Attributes:
        path: The file.
        digest: SHA-256 of the file that the user gave, in hexadecimal.
        notes: What was done.
    """

    path: Path
    digest: str
    notes: tuple[str, ...] = ()


def prepare(path: Path, label: str, scratch: Path, encoding: str | None = None) -> TextFile:
    """Return a UTF-8 form of a text file: itself, or a rewritten copy in the scratch folder.

    Bytes that do not decode become U+FFFD and are counted in a note with the line of the first.

    Args:
        path: The file; one that ends in ``.gz`` is unpacked on the way.
        label: Its name for messages.
        scratch: Folder for copies.
        encoding: Its encoding; None finds a byte order mark, else takes UTF-8.

    Raises:
        SourceError: If it cannot be read, its packing is broken, the encoding is unknown, or it is
            a file of another kind.
    """
    start = _start(path)
    for begins, kind, hint in _NO_TEXT:
        if start.startswith(begins):
            raise problem(label, f"the file is {kind}, and no text", hint=hint)
    name = _encoding(start, label, encoding)
    try:
        plain, digest = _examine(path)
        if plain and name in {"utf-8", "utf-8-sig"}:
            return TextFile(path, digest)
        rewritten, notes = _rewrite(path, label, scratch, name)
        return TextFile(rewritten, digest, notes)
    except EOFError as error:
        hint = "Copy it again: the copy was cut short."
        raise problem(label, "the packed file ends too early", hint=hint) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise _not_packed(path, label, error) from error
    except OSError as error:
        raise problem(label, f"the file cannot be read: {error.strerror or error}") from error


def _not_packed(path: Path, name: str, error: Exception) -> SourceError:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    if not packed:
        hint = "Take .gz off its name, or pack it."
        return problem(name, "the file is called .gz and is not packed by gzip", hint=hint)
    hint = "Copy it again: the copy is damaged."
    return problem(name, f"the file cannot be unpacked: {error}", hint=hint)


def lines_start(path: Path, characters: int = _BLOCK) -> str:
    """Return the beginning of a prepared file; -1 returns all of it."""
    with _open(path) as file:
        text = file.read(characters).decode("utf-8", "ignore")
    return text.removeprefix("\ufeff")


def _open(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _start(path: Path) -> bytes:
    try:
        with _open(path) as file:
            return file.read(16)
    except (OSError, EOFError, zlib.error):
        return b""  # said with its place when the whole file is read


def _encoding(start: bytes, label: str, encoding: str | None) -> str:
    if encoding is None:
        return next((name for bom, name in _BOMS if start.startswith(bom)), "utf-8")
    try:
        name = codecs.lookup(encoding).name
        b"".decode(name)
    except LookupError as error:
        hint = "Names that are often right: utf-8, cp1252, latin-1, utf-16."
        raise problem(label, f"there is no text encoding named {encoding!r}", hint=hint) from error
    return "utf-8-sig" if name == "utf-8" else name


def _blocks(path: Path) -> Iterator[bytes]:
    with _open(path) as file:
        while block := file.read(_BLOCK):
            yield block


def _examine(path: Path) -> tuple[bool, str]:
    """Tell whether a file is valid UTF-8 with one kind of line end, and its digest, in one pass."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    packed = path.suffix == ".gz"
    digest = hashlib.sha256()
    feeds = returns = pairs = 0
    valid, cut, last = True, False, b""
    for block in _blocks(path):  # read to the end in any case: a broken packing must be noticed
        if not packed:
            digest.update(block)
        feeds += block.count(b"\n")
        if b"\r" in block or last == b"\r":
            returns += block.count(b"\r")
            pairs += block.count(b"\r\n") + (last == b"\r" and block[:1] == b"\n")
        last = block[-1:]
        if valid and (cut or not block.isascii()):
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                valid = False
            cut = bool(decoder.getstate()[0])  # a character that goes on in the next block
    kinds = (returns == 0, feeds == 0, feeds == returns == pairs)
    plain = valid and not cut and any(kinds)
    return plain, digest_file(path) if packed else digest.hexdigest()


def _rewrite(path: Path, name: str, scratch: Path, encoding: str) -> tuple[Path, tuple[str, ...]]:
    scratch.mkdir(parents=True, exist_ok=True)
    target = scratch / f"text-{len(list(scratch.iterdir()))}-{path.name.removesuffix('.gz')}"
    bad, first = 0, 0
    line = 1

    def replace(error: UnicodeError) -> tuple[str, int]:
        nonlocal bad, first
        assert isinstance(error, UnicodeDecodeError)
        bad += 1
        first = first or line + error.object[: error.start].count(b"\n")
        return "\ufffd", max(error.end, error.start + 1)

    codecs.register_error("cxaudit.replace", replace)
    decoder = codecs.getincrementaldecoder(encoding)("cxaudit.replace")
    held = ""
    with target.open("w", encoding="utf-8", newline="") as out:
        for block in chain(_blocks(path), (b"",)):
            text = held + decoder.decode(block, final=not block)
            held = text[-1:] if block and text.endswith("\r") else ""
            text = text[: len(text) - len(held)]
            text = text.replace("\r\n", "\n").replace("\r", "\n")
            line += text.count("\n")
            out.write(text)
    notes = []
    if bad:
        notes.append(
            Said(
                "bytes-of-another-encoding",
                file=name,
                n=bad,
                encoding=encoding.removesuffix("-sig"),
                line=str(first),
            )
        )
    return target, tuple(notes)
