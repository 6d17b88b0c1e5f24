"""It fails while it looks at the gate."""

from cxaudit.plugin import hook


@hook
def cxaudit_gate(result):
    yield from result.no_such_field
