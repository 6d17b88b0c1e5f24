"""It fails while the report is built."""

from cxaudit.plugin import hook


@hook
def cxaudit_report_sections(result, audience):
    return [1 / 0]
