"""A section of the report: which records were read, and what became of their rows."""

from __future__ import annotations

from collections.abc import Iterator

from cxaudit.plugin import AuditResult, Section, blocks, hook


@hook
def cxaudit_report_sections(result: AuditResult, audience: str) -> Iterator[Section]:
    """Add the section; the public is not told of files."""
    if result.accounts and audience != "public":
        table = blocks.Table(
            title="Records",
            columns=("Source", "Read", "Used", "Refused"),
            rows=tuple(
                (account.source, account.read, account.kept, sum(account.rejected.values()))
                for account in result.accounts
            ),
            numeric=(False, True, True, True),
        )
        yield Section(id="who-was-read", title="What was read", blocks=(table,))
