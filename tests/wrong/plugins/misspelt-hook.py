"""Its hook has no such name."""

from cxaudit.plugin import hook


@hook
def cxaudit_afterrun(result):
    pass
