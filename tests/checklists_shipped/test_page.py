"""The page of the shipped checklists is current. ``CXAUDIT_UPDATE=1`` writes its tables anew."""

from __future__ import annotations

import os
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "shipped-checklists.md"
NOTE = (
    "<!-- Below: made by tests/checklists_shipped/test_page.py; "
    "CXAUDIT_UPDATE=1 writes it anew. -->"
)

ITEMS = (
    "| item | code | area | what is expected | how | weight | |",
    "| --- | --- | --- | --- | --- | ---: | --- |",
)
QUESTIONS = ("| parameter | question | unit | value |", "| --- | --- | --- | --- |")


def marks(item):
    found = []
    if "critical" in item:
        found.append("critical")
    if item.get("role"):
        found.append(item["role"])
    return ", ".join(found)


def how(item):
    if "with" in item:
        return f"`{item['with']['metric']}`"
    kinds = {"yes-no": "yes or no", "levels": "three levels"}
    return f"asked: {kinds[item['ask']['answer']]}"


def tables(written):
    """Return the tables of checklists, their items and their parameters."""
    lines = ["| checklist | title | items | extends |", "| --- | --- | ---: | --- |"]
    for name, checklist in written.items():
        head = checklist["checklist"]
        extends = ", ".join(f"`{each}`" for each in head.get("extends", ()))
        count = len(checklist["item"])
        lines.append(f"| [`{head['id']}`](#{name}) | {head['title']} | {count} | {extends} |")
    parts = ["\n".join(lines)]
    for name, checklist in written.items():
        if name == "quick-scan":
            parts.append(
                "## quick-scan\n\nTwenty questions for a small firm in half a day, from answers "
                "alone. [Your first audit](../tutorial/first-audit.md) uses it."
            )
            continue
        items = [
            f"| `{item['id']}` | {item.get('code', '')} | {item['area']} | {item['title']} "
            f"| {how(item)} | {item['weight']} | {marks(item)} |"
            for item in checklist["item"]
        ]
        questions = [
            f"| `{param}` | {given['question']} | {given['unit']} | {given.get('value', '')} |"
            for param, given in checklist.get("params", {}).items()
        ]
        parts += [
            f"## {name}",
            "\n".join([*ITEMS, *items]),
            "\n".join([*QUESTIONS, *questions]),
        ]
    return "\n\n".join(parts) + "\n"


def test_the_tables_are_those_of_the_checklists(written):
    head, _, below = PAGE.read_text(encoding="utf-8").partition(NOTE)
    if os.environ.get("CXAUDIT_UPDATE"):
        below = f"\n\n{tables(written)}"
        PAGE.write_text(f"{head}{NOTE}{below}", encoding="utf-8")
    assert below == f"\n\n{tables(written)}"


def test_what_the_page_says_of_limits_is_so(items):
    """Each limit is one of the table, on the side of what it is said of."""
    alone = {
        "phone.abandoned",
        "phone.run-around",
        "message.unanswered",
        "message.closed-on-question",
        "message.machine-lost-hand-over",
        "organisation.matters-owned",
    }
    thanked = {"conversation.thanked", "message.settled-by-first"}
    for name, item in items.items():
        given = item.get("with", {})
        if "limit" not in given:
            continue
        if name == "phone.talked-over":
            expected = 5
        elif given["better"] == "higher":
            expected = 0 if name in thanked else 0.5
        else:
            expected = 0.2 if name in alone else 0.5
        assert given["limit"] == expected, name


def test_what_the_page_says_of_critical_items_is_so(items):
    for name, item in items.items():
        if "critical" in item:
            law = {"compliance": True} if item["area"] == "external" else {}
            assert item["critical"] == law | {"fail_below": 0.5 if "with" in item else 0.8}, name
