"""The output `example.card`: a card for a chat."""

from __future__ import annotations

import json

from cxaudit.plugin import AuditResult


def render_card(result: AuditResult) -> str:
    """Return the score and the items that fell short, the worst first."""
    root = result.scorecard.root
    titles = {item.id: str(item.title) for item in result.checklist.items}
    short = [(f.score, titles[f.item], f.unit) for f in result.findings if f.state.scored]
    card = {
        "title": result.title,
        "score": root.overall.value,
        "grade": root.grade,
        "short": [
            {"item": title, "unit": unit, "score": score}
            for score, title, unit in sorted(short)[:5]
            if score < 1
        ],
    }
    return json.dumps(card, ensure_ascii=False, indent=2) + "\n"
