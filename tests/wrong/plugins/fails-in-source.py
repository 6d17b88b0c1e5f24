"""Its source fails: without records nothing can be judged."""

# audit: own-source.toml

from cxaudit.plugin import Source, hook


def read(request):
    raise ConnectionError("the server is away")


@hook
def cxaudit_register():
    yield Source(id="acme.reader", read=read, suffixes=(), summary="Reader.")
