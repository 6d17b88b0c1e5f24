"""Its source returns something else than rows."""

# audit: own-source.toml

from cxaudit.plugin import Source, hook


def read(request):
    return [1, 2]


@hook
def cxaudit_register():
    yield Source(id="acme.reader", read=read, suffixes=(), summary="Reader.")
