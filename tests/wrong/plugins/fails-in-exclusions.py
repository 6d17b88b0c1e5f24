"""It proposes an exclusion without a rationale."""

from cxaudit.plugin import hook


@hook
def cxaudit_propose_exclusions(audit, items, unit):
    return ["phone.quick"]
