"""Its check fails."""

# audit: own-check.toml

from cxaudit.plugin import Check, hook


def judge(request):
    raise ValueError("no idea")


@hook
def cxaudit_register():
    yield Check(id="acme.quiet", judge=judge, summary="Quiet.")
