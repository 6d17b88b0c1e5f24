"""Files of mail taken apart: mbox, Maildir and single mails, whatever state they are in.

Headers are split here as the standard library splits them by its policy ``compat32``, in one search
instead of line by line; the newer policy parses each of them on the way, and stumbles over those
that real mailboxes hold. The library reads those that say of what kind a part is. mbox files are
split here, because it opens them for writing, and takes every line that begins with "From" for a
new mail. So are the parts of a mail, of which only those before its words are looked at: the
library makes an object of each attachment and compiles a pattern for each boundary.
"""

from __future__ import annotations

import functools
import gzip
import re
import zlib
from collections import deque
from collections.abc import Iterator, MutableSequence
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from pathlib import Path
from typing import IO, cast

import attrs

from cxaudit.plugin import ReadRequest
from cxaudit_message.readers.matters import Location
from cxaudit_message.readers.values import plain

__all__ = ["Mail", "mails"]

_LARGEST = 64 << 20
_BLOCK = 1 << 20
_HEADER = 20_000
_NAMES = 200
_LOOKED_AT = b"F>"
_PARTS = 1000
_DEEPEST = 100
_START = 500
_HEADER_LINE = re.compile(rb"[!-9;-~]+[ \t]*:")
_OF_MAILS = re.compile(
    rb"(?:from|date|to|subject|message-id|received|return-path|delivered-to|mime-version|x-[\w-]+)"
    rb"[ \t]*:",
    re.IGNORECASE,
)
_MOST_HEADERS = 1000
_HEADERS = re.compile(r"(?:(?:From |[!-9;-~]*:|[\t ])[^\r\n]*(?:\r\n|\r|\n|\Z))*")
_FIELD = re.compile(
    r"(?:([!-9;-~]+):[\t ]*([^\r\n]*(?:(?:\r\n|\r|\n)[\t ][^\r\n]*)*)|[^\r\n]*)(?:\r\n|\r|\n|\Z)"
)
"""A header line with those folded below it; or a line that is none, which gives no name."""
_OF_PARTS = frozenset({"content-type", "content-transfer-encoding", "content-disposition"})
_FOLD = re.compile(r"\r?\n[ \t]*")
_BREAK = re.compile(r"\r\n|\r|\n")
_LINE_END = re.compile(r"(--)?[\t ]*(?:\r\n|\r|\n|\Z)")
_ID = re.compile(r"<([^<>\s]+)>")
_FLAGS = re.compile(r":2,([A-Za-z]*)$")
_FAILURES = (
    *(ValueError, LookupError, AttributeError, TypeError, AssertionError),
    *(MessageError, RecursionError),
)


@attrs.frozen(kw_only=True)
class Mail:
    """A mail: its headers by lower-case name, as written, and its words.

    Attributes:
        headers: Values by name.
        body: The words of the first part in plain text, else those of the first in HTML.
        start: How it begins, for messages.
        is_draft: Whether its Maildir name says that it was not sent.
    """

    headers: dict[str, list[str]]
    body: str | None
    start: str
    is_draft: bool = False

    def has(self, name: str) -> bool:
        """Tell whether it has a header."""
        return name in self.headers

    def text(self, name: str) -> str:
        """Return the first header of a name, decoded; empty when it has none."""
        raw = self.headers.get(name, [""])[0]
        if "=?" not in raw:
            return raw
        try:
            return str(make_header(decode_header(raw)))
        except _FAILURES:
            return raw

    def ids(self, name: str) -> list[str]:
        """Return the message ids in a header."""
        return _ID.findall(" ".join(self.headers.get(name, ())))

    def addresses(self, name: str) -> list[str]:
        """Return the addresses in a header, in lower case."""
        values = self.headers.get(name)
        return list(_addresses(*values)) if values else []


@functools.lru_cache(maxsize=10_000)
def _addresses(*headers: str) -> tuple[str, ...]:
    """Return the addresses in headers; the same people write and are written to again."""
    try:
        pairs = getaddresses(headers)
    except _FAILURES:
        return ()
    return tuple(address.strip().lower() for _, address in pairs if "@" in address)


def mails(
    request: ReadRequest, notes: MutableSequence[str]
) -> Iterator[tuple[Location, Mail | ValueError]]:
    """Yield each mail of the files, or why it cannot be read."""
    for number, (path, file_name) in enumerate(zip(request.files, request.shown, strict=True)):
        flags = _FLAGS.search(path.name)
        count = 0
        try:
            for raw in _split(path):
                count += 1
                yield (number, count, 0), _parsed(raw, draft="D" in (flags[1] if flags else ""))
        except (OSError, EOFError, zlib.error) as error:
            yield (number, count + 1, 0), ValueError(f"the file breaks off or is damaged: {error}")
            count += 1
        if not count:
            notes.append(f"{file_name}: the file is empty")


def _split(path: Path) -> Iterator[bytes | None]:
    """Yield the bytes of each mail; None for one that is too large to hold."""
    packed = path.name.endswith(".gz")
    with gzip.open(path) if packed else path.open("rb") as file:
        yield from _mails_in(cast("IO[bytes]", file))


def _mails_in(file: IO[bytes]) -> Iterator[bytes | None]:
    held: list[bytes] = []
    size, is_mbox, before = 0, None, b"\n"
    ahead: deque[bytes] = deque()
    while line := ahead.popleft() if ahead else file.readline(_BLOCK):
        if is_mbox is None:
            line = line.removeprefix(b"\xef\xbb\xbf")
            if not line.strip():
                continue
            is_mbox = line.startswith(b"From ")
        # Few lines of an mbox begin with F or >; only those are looked at.
        if line[0] in _LOOKED_AT and is_mbox and before.endswith(b"\n"):
            begins = line.startswith(b"From ") and not before.strip()
            if begins and (size == 0 or _heads_a_mail(file, ahead)):
                if size:
                    yield b"".join(held) or None
                held, size, before = [], 0, line
                continue
            if line.startswith(b">") and line.lstrip(b">").startswith(b"From "):
                line = line[1:]
        before = line
        size += len(line)
        if size <= _LARGEST:
            held.append(line)
        else:
            held.clear()
    if size:
        yield b"".join(held) or None


def _heads_a_mail(file: IO[bytes], ahead: deque[bytes]) -> bool:
    """Tell whether header lines follow, up to an empty line; what was read is kept in ``ahead``.

    "From here on nothing works" is followed by words; a separator by lines such as "Date: ...".
    """
    # A line "From - " is a separator when "Date: ...", "From: ..." or the like follow, with lines
    # that begin with a space (folded) among them.
    is_mail = False
    for number in range(_MOST_HEADERS):
        if number == len(ahead):
            ahead.append(file.readline(_BLOCK))
        line = ahead[number]
        if not line.strip():
            if not line:
                ahead.pop()
            break
        if number > 0 and line[:1] in b" \t":
            continue
        if not _HEADER_LINE.match(line) and not line.startswith(b">From "):
            return False
        is_mail = is_mail or bool(_OF_MAILS.match(line))
    return is_mail


def _parsed(raw: bytes | None, *, draft: bool) -> Mail | ValueError:
    if raw is None:
        return ValueError(f"a mail larger than {_LARGEST >> 20} MB")
    start = raw[:_START].decode("utf-8", "replace")
    try:
        fields, message, behind = _opened(raw.decode("ascii", "surrogateescape"))
        headers: dict[str, list[str]] = {}
        for name, value in fields[:_NAMES]:
            headers.setdefault(name, []).append(_unfolded(value))
        body = _body(message, behind)
    except RecursionError:
        return ValueError("a mail whose parts are nested too deeply", start)
    except _FAILURES as error:
        # What the parser says may quote a header, and so a person.
        return ValueError(f"a mail that cannot be parsed ({type(error).__name__})", start)
    if not headers:
        return ValueError("no mail: it does not begin with header lines", start)
    return Mail(headers=headers, body=body, start=start, is_draft=draft)


def _unfolded(value: str) -> str:
    """Return a header on one line; bytes that name no charset are UTF-8, else Windows Latin."""
    value = value[:_HEADER]
    if "\n" in value:
        value = _FOLD.sub(" ", value)
    return value if value.isascii() else _decoded(value.encode("utf-8", "surrogateescape"), None)


def _decoded(content: bytes, charset: str | None) -> str:
    for name in (charset, "utf-8"):
        try:
            if name:
                return content.decode(name)
        except (LookupError, UnicodeError, ValueError):
            continue
    return content.decode("cp1252", "replace")


def _opened(text: str) -> tuple[list[tuple[str, str]], Message, str]:
    """Return the headers of a mail, or of a part of one, their message, and the text behind them.

    The message has only those headers by which a part is read.
    """
    headers = _HEADERS.match(text)
    end = headers.end() if headers else 0
    fields = [(name.lower(), value) for name, value in _FIELD.findall(text, 0, end) if name]
    message = Message()
    for name, value in fields:
        if name in _OF_PARTS:
            message[name] = value
    # A last line "From ..." is no header, but the first of the words.
    at = text.rfind("From ", 1, end)
    is_last = at > 0 and text[at - 1] in "\r\n" and not _BREAK.search(text[at:end].rstrip("\r\n"))
    blank = _BREAK.match(text, end)
    return fields, message, text[at:end] * is_last + text[blank.end() if blank else end :]


def _parts(text: str, boundary: str | None) -> list[str]:
    """Return the parts of a multipart text; what stands before and behind them is none."""
    # With boundary x: "note, --x, one, --x, two, --x--" gives one and two, each with its headers.
    parts: list[str] = []
    if boundary is None or _BREAK.search(boundary):
        return parts
    start, at, separator = None, 0, f"--{boundary}"
    while (at := text.find(separator, at)) >= 0:
        line_end = _LINE_END.match(text, at + len(separator))
        if line_end is None or (at and text[at - 1] not in "\r\n"):
            at += len(separator)
            continue
        if start is None and line_end[1]:
            return parts
        if start is not None and start != at:  # of several lines in a row the last one counts
            parts.append(text[start:at])
            if line_end[1]:
                return parts
        start = at = line_end.end()
    return parts if start is None else [*parts, text[start:]]


def _leaves(message: Message, text: str) -> Iterator[tuple[Message, str]]:
    """Yield the headers and the text of parts that hold no others."""
    depth, waiting = 0, list[tuple[int, str, str]]()
    for _ in range(_PARTS):
        if message.get_content_maintype() != "multipart":
            yield message, text
        elif depth == _DEEPEST:
            raise RecursionError
        else:
            digest = message.get_content_subtype() == "digest"
            kind = "message/rfc822" if digest else "text/plain"
            parts = _parts(text, message.get_boundary())
            waiting += [(depth + 1, kind, part) for part in reversed(parts)]
        if not waiting:
            return
        depth, kind, part = waiting.pop()
        _, message, text = _opened(part)
        message.set_default_type(kind)


def _body(message: Message, behind: str) -> str | None:
    """Return the words of the first plain part, else of the first in HTML; attachments are none."""
    html: str | None = None
    for part, text in _leaves(message, behind):
        kind = part.get_content_type()
        if part.get_content_disposition() != "attachment" and kind in {"text/plain", "text/html"}:
            part.set_payload(text)
            content = part.get_payload(decode=True)
            charset = part.get_content_charset()
            words = _decoded(content, charset) if isinstance(content, bytes) else ""
            if kind == "text/plain" and words.strip():
                return words.replace("\r\n", "\n").strip()
            if kind == "text/html" and html is None:
                html = plain(words)
    return html
