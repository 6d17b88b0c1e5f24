"""Its check forgets to return a verdict."""

# audit: own-check.toml

from cxaudit.plugin import Check, hook


def judge(request):
    request.settings["metric"]


@hook
def cxaudit_register():
    yield Check(id="acme.quiet", judge=judge, summary="Quiet.")
