"""A result or a report in an output's format, as what it returns and as files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs

from cxaudit._model.report import Report
from cxaudit._model.result import AuditResult
from cxaudit._model.specs import Output
from cxaudit._plugins.checked import checked_files
from cxaudit._plugins.host import PluginHost

__all__ = ["first_screen", "rendered"]

_FIRST = ("summary", "matrix")
"""Sections of the first screen."""


def rendered(
    host: PluginHost, spec: Output, subject: AuditResult | Report, path: str | Path | None = None
) -> str | bytes | Mapping[str, str | bytes]:
    """Return a result or a report in an output's format, and write it where a path is given."""
    from cxaudit._words.language import speaking

    render = host.registry.resolve(spec.render)
    # What machines read is English whatever the language of the audit.
    tag = subject.language if spec.takes == "report" else "en"
    content: str | bytes | Mapping[str, str | bytes]
    with host.registry.blaming("output", spec.id, render), speaking(tag):
        content = checked_files(render(subject))
    if path is not None:
        from cxaudit._formats.result_json import write_file

        if isinstance(content, Mapping):
            folder = Path(path).with_suffix("")
            files = {folder / name: part for name, part in content.items()}
        else:
            files = {Path(path): content}
        for file, part in files.items():
            write_file(file, part)
    return content


def first_screen(result: AuditResult, height: int = 560) -> str:
    """Return the first screen of a result's page as a frame, for a notebook or another page.

    Args:
        result: The result.
        height: Of the frame, in pixels.
    """
    from html import escape

    from cxaudit._report.build import build_report

    report = build_report(result)
    sections = tuple(section for section in report.sections if section.id in _FIRST)
    report = attrs.evolve(report, sections=sections)
    host = PluginHost()
    page = rendered(host, host.registry.get("output", "html"), report)
    assert isinstance(page, str)
    style = f"width:100%;height:{height}px;border:0"
    return f'<iframe srcdoc="{escape(page)}" style="{style}"></iframe>'
