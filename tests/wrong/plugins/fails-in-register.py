"""It fails after its first spec, which stays."""

from cxaudit.plugin import Lens, hook


@hook
def cxaudit_register():
    yield Lens(id="acme-lens", title="Lens", keys={"a": "A"})
    raise KeyError("colour")
