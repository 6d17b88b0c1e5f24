"""Presets: mappings of exports, each a TOML file with its traps."""

from __future__ import annotations

from cxaudit.plugin import PresetFile

__all__ = ["PRESETS"]

PRESETS: tuple[PresetFile, ...] = tuple(
    PresetFile(
        id=f"cxaudit.{name}",
        package="cxaudit_message.presets",
        file=f"{name}.toml",
        summary=summary,
    )
    for name, summary in (
        ("front-conversations", "Front: conversations, JSON of the Core API"),
        ("front-messages", "Front: messages, JSON of the Core API"),
        ("helpscout-conversations", "Help Scout: conversations, JSON of the Inbox API"),
        ("hubspot-emails", "HubSpot: e-mail engagements, JSON of the CRM API"),
        ("hubspot-tickets", "HubSpot: tickets, CSV of the index page"),
        ("intercom-scorecards", "Intercom: scorecard reviews, CSV with a column a criterion"),
        ("maestroqa-answers", "MaestroQA: graded answers, CSV with a row a question"),
        ("zammad-articles", "Zammad: articles of tickets, JSON of the API"),
        ("zammad-tickets", "Zammad: tickets, JSON of the API with expand=true"),
        ("zendesk-qa-reviews", "Zendesk QA: reviews, CSV with a column a category"),
    )
)
