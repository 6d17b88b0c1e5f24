"""Its hook takes an argument that there is not."""

from cxaudit.plugin import hook


@hook
def cxaudit_after_run(results):
    pass
