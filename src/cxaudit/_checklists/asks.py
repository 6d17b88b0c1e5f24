"""Resolving the question of an asked item, and its curve."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cxaudit._checklists.context import Context, text
from cxaudit._checklists.merging import Entry
from cxaudit._model.checklist import Anchor, Ask, Choice
from cxaudit._model.curves import Band, Curve

__all__ = ["resolve_ask"]

_BELONGS: Mapping[str, tuple[str, ...]] = {
    "met": ("yes-no",),
    "anchors": ("levels",),
    "choices": ("choice",),
    "curve": ("number", "count", "time"),
    "unit": ("number", "count", "time"),
}
"""Keys of ``ask`` that only some kinds of answer take."""


def resolve_ask(entry: Entry, context: Context) -> Ask | None:
    """Return an item's question; None when it is too wrong to be resolved."""
    ask: dict[str, Any] = entry.values["ask"]
    answer = ask.get("answer")
    if answer is None:
        entry.problem(
            context.problems,
            ("ask",),
            "The key 'answer' is missing.",
            'Add `answer = "yes-no"`, or levels, number, count, time, choice, text.',
        )
        return None
    for key, kinds in _BELONGS.items():
        if key in ask and answer not in kinds:
            entry.problem(
                context.problems,
                ("ask", key),
                f"{key!r} does not go with the answer {answer!r}.",
                f"It goes with {' or '.join(kinds)}.",
            )
    if answer == "levels":
        _check_anchors(entry, context)
    if answer == "choice":
        _check_choices(entry, context)
    settings = ask.get("curve", {})
    return Ask(
        answer=answer,
        method=ask.get("method", "observe"),
        met=ask.get("met", "yes") == "yes",
        unit=ask.get("unit", "seconds" if answer == "time" else ""),
        anchors=tuple(
            Anchor(float(anchor["level"]), text(anchor["text"], _language(entry, "anchors")))
            for anchor in ask.get("anchors", ())
        ),
        choices=tuple(
            Choice(
                choice["id"],
                text(choice["text"], _language(entry, "choices")),
                None if choice.get("score") is None else float(choice["score"]),
            )
            for choice in ask.get("choices", ())
        ),
        curve=_curve(entry, context, settings) if settings else None,
        curve_settings=settings,
        evidence=ask.get("evidence", "optional"),
        raters=ask.get("raters", 1),
        raters_share=float(ask.get("raters_share", 0.1)),
        min_cases=ask.get("min_cases", 1),
    )


def _language(entry: Entry, key: str) -> str:
    return entry.source("ask", key)[0].language


def _check_anchors(entry: Entry, context: Context) -> None:
    anchors = entry.values["ask"].get("anchors")
    example = '[{ level = 1.0, text = "..." }, { level = 0.0, text = "..." }]'
    if anchors is None:
        entry.problem(
            context.problems,
            ("ask",),
            "An answer in levels needs its own anchors.",
            f"Add `anchors = {example}`: what is seen or heard at each level.",
        )
        return
    levels = [anchor["level"] for anchor in anchors]
    for index, level in enumerate(levels):
        if level in levels[:index]:
            entry.problem(
                context.problems,
                ("ask", "anchors", index),
                f"The level {level} has two anchors.",
                "Describe each level once.",
            )
    missing = [str(float(end)) for end in (1, 0) if end not in levels]
    if missing:
        entry.problem(
            context.problems,
            ("ask", "anchors"),
            f"The anchors have no level {' and no level '.join(missing)}.",
            "Levels reach from 1.0 (met) to 0.0 (not met), so that items can be compared.",
        )


def _check_choices(entry: Entry, context: Context) -> None:
    choices = entry.values["ask"].get("choices")
    if choices is None:
        entry.problem(
            context.problems,
            ("ask",),
            "An answer by choice needs its choices.",
            'Add `choices = [{ id = "...", text = "...", score = 1 }, ...]`.',
        )
        return
    names = [choice["id"] for choice in choices]
    for index, name in enumerate(names):
        if name in names[:index]:
            entry.problem(
                context.problems,
                ("ask", "choices", index, "id"),
                f"The choice {name!r} is there twice: also as entry {names.index(name) + 1}.",
                "Give each choice its own id.",
            )
    scored = [choice.get("score") is not None for choice in choices]
    if any(scored) and not all(scored):
        entry.problem(
            context.problems,
            ("ask", "choices", scored.index(False)),
            f"The choice {names[scored.index(False)]!r} has no score, and others have one.",
            "Score all choices, or none.",
        )


def _curve(entry: Entry, context: Context, written: Mapping[str, Any]) -> Curve | None:
    """Return the curve; None where it is wrong, or its parameters are not all answered."""
    settings, parameters = context.put_in(entry, ("ask", "curve"), written)
    sound = True
    for path, name in parameters.items():
        value = context.values().get(name)
        if isinstance(value, (str, bool)):
            sound = False
            entry.problem(
                context.problems,
                ("ask", "curve", *path),
                f"A curve needs a number, and the parameter {name!r} is not one.",
                'Give the parameter `type = "number"`.',
            )
    bands = settings.get("bands")
    kind = settings.get("kind") or (
        "bands" if bands else "linear" if "limit" in settings else "threshold"
    )
    if not sound or any(context.values().get(name) is None for name in parameters.values()):
        return None
    target, limit = settings.get("target"), settings.get("limit")
    lower = _lower_is_better(settings, kind)
    if lower is None and (kind == "bands" or target is not None):
        entry.problem(
            context.problems,
            ("ask", "curve"),
            "The curve does not say whether low or high values are the good ones.",
            'Add `better = "lower"` or `better = "higher"`.',
        )
        return None
    if kind != "bands" and bands:
        entry.problem(
            context.problems,
            ("ask", "curve", "bands"),
            f"A {kind} curve takes no bands.",
            'Remove them, or write `kind = "bands"`.',
        )
        return None
    if target is None and kind != "bands":
        return None
    try:
        return Curve(
            kind=kind,
            lower_is_better=bool(lower),
            target=None if target is None else float(target),
            limit=None if limit is None else float(limit),
            bands=tuple(map(_band, bands or ())),
        )
    except ValueError as error:
        message = str(error)
        entry.problem(
            context.problems,
            ("ask", "curve"),
            f"{message[:1].upper()}{message[1:]}.",
            "A curve gives 1 at the target and falls towards the limit.",
        )
        return None


def _band(band: Mapping[str, Any]) -> Band:
    limit = band.get("limit")
    return Band(
        float(band["score"]), None if limit is None else float(limit), band.get("label", "")
    )


def _lower_is_better(settings: Mapping[str, Any], kind: str) -> bool | None:
    if "better" in settings:
        return bool(settings["better"] == "lower")
    if kind == "bands":
        limits = [b["limit"] for b in settings.get("bands", ()) if b.get("limit") is not None]
        return limits[0] < limits[-1] if len(limits) > 1 else None
    target, limit = settings.get("target"), settings.get("limit")
    return None if target is None or limit is None else bool(limit >= target)
