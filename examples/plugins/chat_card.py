"""The result as a card for a chat: an Adaptive Card, version 1.5, to post by a webhook."""

from __future__ import annotations

import json
from collections.abc import Iterable

from cxaudit.plugin import AuditResult, Output, hook

MOST = 5


def render_card(result: AuditResult) -> str:
    """Return the score, its grade, and the items that lost most, as JSON."""
    root = result.scorecard.root
    titles = {item.id: str(item.title) for item in result.checklist.items}
    units = {unit.id: unit.name for unit in result.units}
    short = [
        (finding.weight * (1 - finding.score), finding)
        for finding in result.findings
        if finding.score is not None and finding.score < 1
    ]
    worst = sorted(short, key=lambda lost: (-lost[0], lost[1].item, lost[1].unit))[:MOST]
    score = "not scored" if root.overall.value is None else f"{100 * root.overall.value:.1f} of 100"
    card = {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.5",
        "body": [
            {"type": "TextBlock", "text": result.title, "weight": "bolder", "wrap": True},
            {"type": "TextBlock", "text": f"{score}, {root.grade or 'no grade'}", "wrap": True},
            {
                "type": "FactSet",
                "facts": [
                    {
                        "title": f"{100 * (finding.score or 0):.0f}",
                        "value": f"{titles[finding.item]} ({units[finding.unit]})",
                    }
                    for _, finding in worst
                ],
            },
        ],
    }
    return json.dumps(card, ensure_ascii=False, indent=2) + "\n"


@hook
def cxaudit_register() -> Iterable[Output]:
    """Yield the output: ``outputs = ["chat.card"]`` in an audit file, or `cxaudit report --to`."""
    yield Output(
        id="chat.card",
        takes="result",
        render=render_card,
        suffix=".card.json",
        summary="The score and what lost most, as an Adaptive Card.",
    )
