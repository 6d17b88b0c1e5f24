"""Its output fails; the other outputs are written, and name it."""

# audit: own-output.toml

from cxaudit.plugin import Output, hook


def render(result):
    raise OSError("no printer")


@hook
def cxaudit_register():
    yield Output(
        id="acme.poster", takes="result", render=render, suffix=".poster", summary="Poster."
    )
