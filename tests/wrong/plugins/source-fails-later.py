"""Its source fails in the middle of the rows."""

# audit: own-source.toml

from cxaudit.plugin import Rows, Source, hook


def read(request):
    return Rows(rows=rows())


def rows():
    yield "calls.csv", 1, {"id": "1", "start": "2026-04-01 10:00", "wait": "5"}
    raise ConnectionError("the server is away")


@hook
def cxaudit_register():
    yield Source(id="acme.reader", read=read, suffixes=(), summary="Reader.")
