"""The evidence of an item: words, rows and photographs, capped and counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cxaudit._model.evidence import Evidence, EvidenceSet
from cxaudit._model.report import Block, Image, Quote, TextBlock
from cxaudit._model.said import Said
from cxaudit._report.context import Context
from cxaudit._report.pictures import PRINTED, is_picture, is_release_name, media_type
from cxaudit._report.rows import has_times, row_words, row_zone
from cxaudit._words import numbers
from cxaudit._words.language import N_, _, ngettext, translated

__all__ = ["evidence"]

_PIECES = 3
"""Words and rows printed for a finding, beside its photographs; the result holds more."""
_KINDS = {
    "row": N_("row"),
    "hit": N_("hit"),
    "page": N_("page"),
    "file": N_("file"),
    "comment": N_("comment"),
}


def evidence(context: Context, item: str) -> Iterator[Block]:
    """Yield the evidence of an item, a finding after the other."""
    for evidence_set in context.evidence.get(item, ()):
        pictures = [piece for piece in evidence_set.shown if _has_thumbnail(context, piece)]
        others = [piece for piece in evidence_set.shown if not _has_thumbnail(context, piece)]
        named = [] if context.withheld else others[:_PIECES]
        images = list(_images(context, evidence_set, pictures[:PRINTED]))
        zones = _zones(context, evidence_set, named)
        counted = _counted(context, evidence_set, len(named) + len(images), zones)
        yield TextBlock(text=counted, tone="note")
        for piece in named:
            words = _words(context, evidence_set, piece, zoned=len(zones) > 1)
            yield Quote(text=words, source=_source(context, evidence_set, piece))
        yield from images
        yield from _unshown(context, evidence_set.shown)


def _zones(context: Context, evidence_set: EvidenceSet, pieces: Sequence[Evidence]) -> set[str]:
    """Return the zones of the rows' times; none when all units share one."""
    if len({unit.zone for unit in context.result.units}) == 1:
        return set()
    timed = (piece.fields for piece in pieces if not piece.quote and has_times(piece.fields))
    return {row_zone(context, evidence_set.unit, fields) for fields in timed}


def _has_thumbnail(context: Context, piece: Evidence) -> bool:
    return is_picture(piece) and piece.source in context.pictures


def _images(
    context: Context, evidence_set: EvidenceSet, pieces: Sequence[Evidence]
) -> Iterator[Image]:
    item = context.items.get(evidence_set.item)
    title = context.text(item.title) if item else ""
    for piece in pieces:
        data = context.pictures[piece.source]
        yield Image(
            data=data,
            media_type=media_type(data),
            text=_(
                "Photograph: {item}; {place}",
                item=title or evidence_set.item,
                place=_where(context, evidence_set),
            ),
            caption=_source(context, evidence_set, piece),
        )


def _words(context: Context, evidence_set: EvidenceSet, piece: Evidence, *, zoned: bool) -> str:
    if is_picture(piece) and context.audience != "internal":
        return _("a photograph, not released")
    if piece.quote:
        return piece.quote
    # What a row holds, or at least what kind of thing it is.
    row = row_words(context, evidence_set.unit, piece.fields, zoned=zoned)
    kind = _KINDS.get(piece.kind)
    return row or (_(kind) if kind else piece.kind)


def _source(context: Context, evidence_set: EvidenceSet, piece: Evidence) -> str:
    """Return where a piece comes from. A file name may tell who is in a picture."""
    row = piece.kind in {"row", "hit"} and piece.key.isdigit()
    location = (
        translated(Said("row", n=int(piece.key))) if row else piece.key,
        translated(piece.place),
    )
    if not is_picture(piece) or context.audience == "internal":
        return ", ".join(filter(None, (piece.source, *location)))
    name = piece.source if is_release_name(piece.source) else ""
    sayable = (name, *location) if context.audience == "client" else (name,)
    return ", ".join(filter(None, sayable)) or _where(context, evidence_set)


def _where(context: Context, evidence_set: EvidenceSet) -> str:
    return f"{context.touchpoint(evidence_set.touchpoint)}, {context.unit(evidence_set.unit)}"


def _counted(context: Context, evidence_set: EvidenceSet, printed: int, zones: set[str]) -> str:
    values = {
        "place": _where(context, evidence_set),
        "kept": numbers.count(len(evidence_set.shown)),
        "all": numbers.count(evidence_set.total),
    }
    if context.withheld or printed == len(evidence_set.shown):
        parts = [_("Evidence, {place}: {kept} of {all} kept in the result", **values)]
    else:
        values["printed"] = numbers.count(printed)
        parts = [
            _(
                "Evidence, {place}: {kept} of {all} kept in the result, {printed} printed here",
                **values,
            )
        ]
    if evidence_set.dropped:
        parts.append(
            ngettext(
                "{n} dropped, as they could not be redacted",
                "{n} dropped, as they could not be redacted",
                evidence_set.dropped,
            )
        )
    if len(zones) == 1:
        parts.append(_("times of {zone}", zone=min(zones)))
    return f"{'; '.join(parts)}."


def _unshown(context: Context, pieces: Sequence[Evidence]) -> Iterator[TextBlock]:
    """Yield how many photographs were looked for and could not be shown, with the causes."""
    pictures = [piece.source for piece in pieces if is_picture(piece)]
    names: dict[str, list[str]] = {}
    for source in dict.fromkeys(pictures):
        if source in context.unshown:
            names.setdefault(context.unshown[source], []).append(source)
    if names:
        yield TextBlock(
            text=ngettext(
                "{failed} of {n} photograph could not be shown: {causes}.",
                "{failed} of {n} photographs could not be shown: {causes}.",
                len(pictures),
                failed=numbers.count(sum(source in context.unshown for source in pictures)),
                causes="; ".join(f"{_(cause)} ({_some(of)})" for cause, of in names.items()),
            ),
            tone="note",
        )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_PIECES]) + (" \u2026" if len(names) > _PIECES else "")
