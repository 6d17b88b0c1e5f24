"""What a checklist may be and could be better: notes, never errors."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from cxaudit._checklists.explain import effective_weights
from cxaudit._model.checklist import Checklist, Guidance, Item
from cxaudit._model.text import Text, broader
from cxaudit.errors import Problem

__all__ = ["lint"]

_MOST = 0.05
"""More of the overall score than this should not hang on one item."""

_WANTED = {
    "ask": ("question", "where", "counts", "does_not_count"),
    "check": ("advice",),
}
"""Guidance that an item should have, by what judges it."""


def lint(checklist: Checklist, language: str | None = None) -> tuple[Problem, ...]:
    """Return notes on a valid checklist, in the order of its items.

    Noted are a language of the reports in which the checklist has no text at all, texts that lack
    a language which other texts have, items that carry more than 5 % of the overall score, and
    items without the guidance that lets people judge alike.
    """
    weights = effective_weights(checklist)
    languages = _languages(checklist)
    notes: list[Problem] = []
    if language is not None and languages.keys().isdisjoint(broader(language)):
        notes.append(
            Problem(
                f"The checklist has no text in {language!r}.",
                path="audit.language",
                hint=f"Add `title.{language}` and the like; until then reports show "
                f"{', '.join(languages)}.",
            )
        )
    for item in checklist.items:
        if item.excluded is not None:
            continue
        notes.extend(_untranslated(item, languages))
        weight = weights.get(item.id, 0.0)
        if weight > _MOST:
            notes.append(
                _note(
                    item,
                    "weight",
                    f"This item alone carries {weight:.1%} of the overall score.",
                    "Over 5 %, one answer moves the result: lower its weight, or split it.",
                )
            )
        wanted = _WANTED["ask" if item.ask else "check"]
        missing = [name for name in wanted if getattr(item.guidance, name) is None]
        if missing:
            notes.append(
                _note(
                    item,
                    "guidance",
                    f"The item has no guidance on {', '.join(missing)}.",
                    "People judge alike only when they read the same words.",
                )
            )
    return tuple(notes)


def _note(item: Item, field: str, message: str, hint: str) -> Problem:
    origin = item.origins.get(field) or item.origins.get("id")
    return Problem(
        message,
        file=origin.file if origin else "",
        line=origin.line if origin else None,
        column=origin.column if origin else None,
        path=f"{item.id}.{field}",
        hint=hint,
    )


def _texts(item: Item) -> Iterator[tuple[str, Text]]:
    yield "title", item.title
    if item.fail_title is not None:
        yield "fail_title", item.fail_title
    for field in attrs.fields(Guidance):
        text = getattr(item.guidance, field.name)
        if text is not None:
            yield f"guidance.{field.name}", text
    for index, anchor in enumerate(item.ask.anchors if item.ask else ()):
        yield f"ask.anchors[{index}]", anchor.text
    for index, choice in enumerate(item.ask.choices if item.ask else ()):
        yield f"ask.choices[{index}]", choice.text


def _languages(checklist: Checklist) -> dict[str, None]:
    languages = dict.fromkeys(checklist.title.languages)
    for item in checklist.items:
        for _, text in _texts(item):
            languages |= dict.fromkeys(text.languages)
    return languages


def _untranslated(item: Item, languages: dict[str, None]) -> Iterator[Problem]:
    for field, text in _texts(item):
        missing = [language for language in languages if language not in text.languages]
        if missing:
            present = next(iter(text.languages))
            yield _note(
                item,
                field.partition("[")[0],
                f"The text has no translation into {', '.join(missing)}.",
                f"Add `{field}.{missing[0]}`; until then reports show {present}.",
            )
