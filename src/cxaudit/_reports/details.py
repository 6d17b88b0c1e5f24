"""The middle of the report: scores by grouping, outcomes, every finding with its basis."""

from __future__ import annotations

from collections.abc import Iterable

from cxaudit._model.checklist import AREAS, Item, Reference
from cxaudit._model.evidence import Evidence, EvidenceSet
from cxaudit._model.findings import Finding, Flag
from cxaudit._model.report import Block, Heading, Quote, Section, Table, TextBlock
from cxaudit._model.scores import Score
from cxaudit._reports import numbers
from cxaudit._reports.context import STATES, Context
from cxaudit._reports.decisions import target
from cxaudit._reports.headline import grade_of

__all__ = ["findings", "groupings", "outcomes"]

_ROWS = 2_000
_PIECES = 3
"""Pieces of evidence printed for an item; the result holds more."""
_METHODS = {"observe": "observing", "document": "reading documents", "test": "a test"}
_ANSWERS = {
    "yes-no": "yes or no",
    "levels": "a level of its own scale",
    "number": "a number",
    "count": "a count",
    "time": "a time",
    "choice": "a choice",
    "text": "words",
}
_SHOWN_FLAGS = (
    (Flag.FAILED, "critical: failed"),
    (Flag.SUSPECTED, "critical: suspected"),
    (Flag.NOT_CLEARED, "critical: not cleared"),
    (Flag.WAIVED, "waived"),
    (Flag.STALE, "stale"),
    (Flag.TENTATIVE, "tentative"),
    (Flag.NEW, "new"),
    (Flag.FIXED, "fixed"),
)


def groupings(context: Context) -> Section | None:
    """Return tables of areas, touchpoints and lenses."""
    root = context.result.scorecard.root
    blocks: list[Block] = []
    for title, first, named in (
        ("Areas", "Area", [(context.area(key), root.areas[key]) for key in context.areas]),
        (
            "Touchpoints",
            "Touchpoint",
            [(context.touchpoint(key), root.touchpoints[key]) for key in context.touchpoints],
        ),
    ):
        if named:
            blocks.append(_scores(context, title, first, named))
    lenses: dict[str, list[tuple[str, Score]]] = {}
    for (lens, key), score in root.lenses.items():
        title, name = context.lens(lens, key)
        lenses.setdefault(title, []).append((name, score))
    blocks += [_scores(context, title, "Key", named) for title, named in lenses.items()]
    if not blocks:
        return None
    return Section(id="groupings", title="Areas, touchpoints and lenses", blocks=tuple(blocks))


def _scores(context: Context, title: str, first: str, named: Iterable[tuple[str, Score]]) -> Table:
    rows = tuple(
        (
            name,
            numbers.score(score.value),
            numbers.interval(score.low, score.high),
            grade_of(context, score.value) or _ungraded(score),
            numbers.percent(score.coverage),
            score.scored,
            score.unknown,
        )
        for name, score in named
    )
    return Table(
        title=title,
        columns=(first, "Score", "Interval", "In words", "Coverage", "Scored", "Unknown"),
        rows=rows,
        numeric=(False, True, True, False, True, True, True),
    )


def _ungraded(score: Score) -> str:
    if score.value is not None:
        return numbers.DASH
    return "not assessed" if score.unknown else "no item"


def outcomes(context: Context) -> Section | None:
    """Return what is shown beside the score: outcomes such as loyalty and retention."""
    rows = []
    for each in context.root_findings:
        item = context.items.get(each.item)
        if item is None or item.role == "practice":
            continue
        rows.append(
            (
                context.text(item.title) or item.id,
                context.touchpoint(each.touchpoint),
                context.value_words(each),
                context.value_interval(each),
                context.cases(each, each.n) if each.n else each.reason or numbers.DASH,
            )
        )
    if not rows:
        return None
    table = Table(
        title="Outcomes",
        columns=("Outcome", "Touchpoint", "Value", "Interval", "Rests on"),
        rows=tuple(rows),
        numeric=(False, False, True, True, False),
        note="Outcomes are shown beside the score and have no part in it.",
    )
    return Section(id="outcomes", title="Outcomes", blocks=(table,))


def findings(context: Context) -> list[Section]:
    """Return, per area, every finding in a table and every item with its basis and evidence."""
    by_area: dict[str, list[Finding]] = {}
    for each in context.findings:
        item = context.items.get(each.item)
        by_area.setdefault(item.area if item else "other", []).append(each)
    order = [*AREAS, *(area for area in by_area if area not in AREAS)]
    return [
        Section(
            id=f"findings-{area}",
            title=f"Findings: {context.area(area)}",
            blocks=(_table(context, by_area[area]), *_details(context, by_area[area])),
        )
        for area in order
        if area in by_area
    ]


def _table(context: Context, found: list[Finding]) -> Table:
    rows = tuple(_row(context, each) for each in found[:_ROWS])
    note = f"{numbers.plural(len(found), 'finding')}."
    if len(found) > _ROWS:
        note = f"{numbers.count(_ROWS)} of {note} The findings file holds all."
    return Table(
        title="All findings",
        columns=("Item", "Where", "Result", "Score", "Interval", "Value", "Rests on"),
        rows=rows,
        numeric=(False, False, False, True, True, True, True),
        anchors=tuple(
            f"item-{each.item}" if each.item in context.items else "" for each in found[:_ROWS]
        ),
        note=note,
    )


def _row(context: Context, each: Finding) -> tuple[str, ...]:
    item = context.items.get(each.item)
    flags = [word for flag, word in _SHOWN_FLAGS if each.flags & flag]
    few = context.few(each)
    code = f"{item.code} " if item and item.code else ""
    return (
        f"{code}{context.title(each)}",
        f"{context.touchpoint(each.touchpoint)}, {context.unit(each.unit)}",
        "; ".join([_state(each), *flags]),
        few or numbers.score(each.score),
        numbers.DASH if few else numbers.interval(each.low, each.high),
        context.value_words(each),
        context.cases(each, each.n) if each.n else numbers.DASH,
    )


def _state(each: Finding) -> str:
    words = STATES[each.state]
    if not each.reason:
        return words
    return f"not assessed: {each.reason}" if each.state.unknown else f"{words}: {each.reason}"


def _details(context: Context, found: list[Finding]) -> list[Block]:
    blocks: list[Block] = []
    heads: dict[str, Finding] = {}
    for each in found:
        heads.setdefault(each.item, each)
    for item_id, head in heads.items():
        item = context.items.get(item_id)
        if item is None:
            continue
        blocks.append(Heading(text=context.name(item), level=3, anchor=f"item-{item_id}"))
        blocks.append(
            Table(title="", columns=("About it", ""), rows=tuple(_facts(context, item, head)))
        )
        blocks += _evidence(context, item_id)
    return blocks


def _facts(context: Context, item: Item, head: Finding) -> Iterable[tuple[str, str]]:
    yield "Item", item.id
    question = context.text(item.guidance.question)
    if question:
        yield "Question", question
    yield "Judged by", _judged(context, item)
    yield "Target", _basis(context, item)
    if head.score is not None:
        ends = numbers.interval(head.low, head.high)
        few = context.few(head)
        yield (
            f"Score, {context.unit(head.unit)}",
            few or f"{numbers.score(head.score)} ({ends}), {context.cases(head, head.n)}",
        )
    if head.value is not None:
        value, ends = context.value_words(head), context.value_interval(head)
        yield (
            f"Value, {context.unit(head.unit)}",
            value if ends == numbers.DASH else f"{value} ({ends})",
        )
    yield "Weight", numbers.number(item.weight)
    advice = context.text(item.guidance.advice)
    if advice:
        yield "What to do", advice
    for seed in item.seeds:
        yield "Why we ask", f"{context.text(seed.says)} ({seed.title}, {seed.publisher})"
    references = (*item.references, *_parameter_references(context, item))
    told = (f"{context.text(each.text)} ({each.source})" for each in references)
    for comparison in dict.fromkeys(told):
        yield "For comparison", comparison


def _parameter_references(context: Context, item: Item) -> tuple[Reference, ...]:
    parameter = context.parameter(item)
    return parameter.references if parameter else ()


def _judged(context: Context, item: Item) -> str:
    if item.excluded is not None:
        return f"excluded: {item.excluded}"
    if item.ask is not None:
        method = _METHODS.get(item.ask.method, item.ask.method)
        return (
            f"a person, by {method}; answered with {_ANSWERS.get(item.ask.answer, item.ask.answer)}"
        )
    if item.check is None:
        return "nothing"
    metric = item.check.settings.get("metric")
    shown = context.metrics.get(str(metric))
    name = (shown.title or shown.id) if shown else metric
    return f"{item.check.check}" + (f" on {name}" if name else "")


def _basis(context: Context, item: Item) -> str:
    written, parameter = target(context, item), context.parameter(item)
    if parameter is None:
        return written if written != numbers.DASH else "none of its own"
    if parameter.value is None:
        return f"not agreed: {context.text(parameter.question)}"
    agreed = f", agreed by {parameter.agreed_by}" if parameter.agreed_by else ""
    return f"{written} ({parameter.basis or 'no basis stated'}{agreed})"


def _evidence(context: Context, item: str) -> Iterable[Block]:
    for each in context.evidence.get(item, ()):
        yield TextBlock(text=_counted(context, each), tone="note")
        for piece in each.shown[:_PIECES]:
            yield Quote(text=piece.quote or _fields(piece) or piece.kind, source=_place(piece))


def _fields(piece: Evidence) -> str:
    """Return what a row holds, in words."""
    known = [f"{name} {value}" for name, value in piece.fields.items() if value is not None]
    return "; ".join(known)


def _counted(context: Context, found: EvidenceSet) -> str:
    kept, total = numbers.count(len(found.shown)), numbers.count(found.total)
    place = f"{context.touchpoint(found.touchpoint)}, {context.unit(found.unit)}"
    text = f"Evidence, {place}: {kept} of {total} kept in the result"
    if len(found.shown) > _PIECES:
        text += f", {_PIECES} printed here"
    if found.dropped:
        text += f"; {numbers.count(found.dropped)} dropped, as they could not be redacted"
    return f"{text}."


def _place(piece: Evidence) -> str:
    return ", ".join(part for part in (piece.source, piece.key, piece.place) if part)
