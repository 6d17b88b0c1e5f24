"""Its check ends the program."""

# audit: own-check.toml

from cxaudit.plugin import Check, hook


def judge(request):
    raise SystemExit("enough")


@hook
def cxaudit_register():
    yield Check(id="acme.quiet", judge=judge, summary="Quiet.")
