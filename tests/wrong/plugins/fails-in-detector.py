"""Its detector fails."""

# audit: own-detector.toml

from cxaudit.plugin import Detector, hook


def detect(rows):
    raise MemoryError


@hook
def cxaudit_register():
    yield Detector(
        id="acme.loud", table="calls", column="queue", detect=detect
    )
