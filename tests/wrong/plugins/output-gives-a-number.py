"""Its output returns what cannot be written."""

# audit: own-output.toml

from cxaudit.plugin import Output, hook


def render(result):
    return 42


@hook
def cxaudit_register():
    yield Output(
        id="acme.poster", takes="result", render=render, suffix=".poster", summary="Poster."
    )
