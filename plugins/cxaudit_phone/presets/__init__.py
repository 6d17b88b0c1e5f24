"""Presets: mappings of exports, each a TOML file with its traps."""

from __future__ import annotations

from cxaudit.plugin import PresetFile

__all__ = ["PRESETS"]

PRESETS: tuple[PresetFile, ...] = tuple(
    PresetFile(
        id=f"cxaudit.{name}",
        package="cxaudit_phone.presets",
        file=f"{name}.toml",
        summary=summary,
    )
    for name, summary in (
        ("3cx-cdr", "3CX: call data records, text file of 20 fields"),
        ("aircall-calls", "Aircall: calls, CSV of the dashboard"),
        ("five9-call-log", "Five9: call log, CSV of the report"),
        ("freshcaller-calls", "Freshcaller: calls, JSON of the API"),
        ("hubspot-calls", "HubSpot: call engagements, JSON of the CRM API"),
        ("ringcentral-call-log", "RingCentral: call log, CSV of the admin portal"),
        ("zendesk-talk-calls", "Zendesk Talk: calls, JSON of the incremental export"),
    )
)
