"""It registers a name that is cxaudit's."""

from cxaudit.plugin import Lens, hook


@hook
def cxaudit_register():
    yield Lens(id="be-sure", title="Lens", keys={"a": "A"})
