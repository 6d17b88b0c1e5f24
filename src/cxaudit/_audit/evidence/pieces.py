"""Evidence: what findings rest on, from rows, answers and hits."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from cxaudit._audit.evidence.redaction import masked
from cxaudit._model.evidence import Answer, Evidence, EvidenceSet, Hit
from cxaudit._model.said import Said
from cxaudit._model.tables import Table

__all__ = ["CAP", "answer_evidence", "evidence_set", "hit_evidence", "ordered", "row_evidence"]

CAP = 50
"""At most this many pieces are shown for a finding; all are counted."""


def row_evidence(
    rows: Iterable[Mapping[str, Any]], table: Table, digests: Mapping[str, str]
) -> Iterator[Evidence]:
    """Yield rows of a table as evidence, its personal columns masked.

    Args:
        rows: Rows with ``_source`` and ``_row``; further columns with an underscore are left out.
        table: Their table.
        digests: File as shown to the SHA-256 of its content.
    """
    for row in rows:
        source = str(row["_source"])
        fields = {name: _plain(value) for name, value in row.items() if not name.startswith("_")}
        yield Evidence(
            kind="row",
            source=source,
            key=str(row["_row"]),
            fields=masked(fields, table),
            digest=_digest(source, digests),
        )


def answer_evidence(answers: Iterable[Answer], digests: Mapping[str, str]) -> Iterator[Evidence]:
    """Yield comments and attached files of answers as evidence; the key is the case."""
    for answer in answers:
        position = Said("row", n=answer.row)
        if answer.comment:
            yield Evidence(
                kind="comment",
                source=answer.source,
                key=answer.case,
                place=position,
                quote=answer.comment,
                digest=digests.get(answer.source, ""),
            )
        for file in answer.files:
            yield Evidence(
                kind="file", source=file.path, key=answer.case, place=position, digest=file.digest
            )


def hit_evidence(hits: Iterable[Hit], digests: Mapping[str, str]) -> Iterator[Evidence]:
    """Yield hits as evidence: the words, and where they stand in the row's text."""
    for hit in hits:
        offsets = "" if hit.start is None else f" at {hit.start}-{hit.end}"
        yield Evidence(
            kind="hit",
            source=hit.source,
            key=str(hit.row),
            place=f"{hit.detector} {hit.label}{offsets}",
            quote=hit.quote,
            digest=digests.get(hit.source, ""),
        )


def evidence_set(
    subject: tuple[str, str, str],
    pieces: Iterable[Evidence],
    *,
    redact: Callable[[Evidence], Evidence | None],
    seed: int,
    total: int | None = None,
) -> EvidenceSet:
    """Return what a finding rests on: at most `CAP` pieces in the order of a seeded hash.

    The order depends on the seed and on where a piece comes from, never on how they are ordered,
    so the same data and seed show the same pieces.

    Args:
        subject: Item, touchpoint and unit of the finding.
        pieces: The pieces.
        redact: Returns a piece without personal data; None drops it, which is counted.
        seed: The audit's seed.
        total: How many pieces there are, when ``pieces`` is a draw from them.
    """
    drawn = ordered(pieces, seed)
    redacted = [redact(piece) for piece in drawn[:CAP]]
    kept = tuple(piece for piece in redacted if piece is not None)
    item, touchpoint, unit = subject
    return EvidenceSet(
        item=item,
        touchpoint=touchpoint,
        unit=unit,
        total=len(drawn) if total is None else total,
        shown=kept,
        dropped=len(redacted) - len(kept),
    )


def ordered(pieces: Iterable[Evidence], seed: int) -> list[Evidence]:
    """Return pieces in the order of a hash of the seed and of where each comes from."""
    return sorted(pieces, key=lambda piece: _rank(piece, seed))


def _digest(source: str, digests: Mapping[str, str]) -> str:
    # A sheet of a workbook is named behind its file.
    return digests.get(source) or digests.get(source.partition("#")[0], "")


def _rank(piece: Evidence, seed: int) -> bytes:
    key = (str(seed), piece.kind, piece.source, piece.key, piece.place, piece.quote)
    return hashlib.sha256("\x1f".join(key).encode("utf-8", "surrogatepass")).digest()


def _plain(value: Any) -> str | float | bool | None:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
