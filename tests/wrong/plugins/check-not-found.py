"""Its check names a module that is not there."""

# audit: own-check.toml

from cxaudit.plugin import Check, hook


@hook
def cxaudit_register():
    yield Check(id="acme.quiet", judge="check_not_found.judging:judge", summary="Quiet.")
